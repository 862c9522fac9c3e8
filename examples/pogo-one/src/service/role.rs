//! What this process is for a namespace, and what serves it.

use std::future::Future;

use pogo_api::wire::NamespaceName;
use pogo_web::{RouterStateBuilder, ServedNamespace, Standby};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

/// What this process is for a namespace.
pub(super) enum Role {
    /// Its dispatcher.
    Serves(ServedNamespace),
    /// One that waits until it can take over from an owner.
    StandsBy(Standby),
}

impl Role {
    /// Has a router answer by it.
    pub(super) fn of(&self, builder: RouterStateBuilder, name: &NamespaceName) -> RouterStateBuilder {
        match self {
            Self::Serves(namespace) => builder.namespace(name.clone(), namespace.clone()),
            Self::StandsBy(standby) => builder.standby(name.clone(), standby.clone()),
        }
    }
}

/// A task that serves until it is stopped.
pub(super) struct Serving {
    task: JoinHandle<()>,
    stop: oneshot::Sender<()>,
}

impl Serving {
    /// Spawns what serves until the future that it is given is ready.
    pub(super) fn spawn<F>(serve: impl FnOnce(Stopped) -> F) -> Self
    where
        F: Future<Output = ()> + Send + 'static,
    {
        let (stop, stopped) = oneshot::channel();
        let task = tokio::spawn(serve(Stopped(stopped)));
        Self { task, stop }
    }

    /// Ends streams, and answers what was received.
    pub(super) async fn stop(self) {
        let _ = self.stop.send(());
        let _ = self.task.await;
    }
}

/// Whether serving ends.
pub(super) struct Stopped(oneshot::Receiver<()>);

impl Stopped {
    pub(super) async fn wait(self) {
        drop(self.0.await);
    }
}
