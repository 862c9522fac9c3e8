//! The API on a socket that the members of a group may open.

use std::sync::Arc;

use pogo_web::unix::{Access, ServeOptions, Socket, serve};
use pogo_web::{Limits, PeerAccounts, RouterState, ServedNamespace, SharedGrants, router};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use super::Place;
use super::config_file::GroupSocket;
use super::connect::program;
use crate::exit::CliError;

/// A socket that is served.
pub(super) struct SharedSocket {
    serving: JoinHandle<()>,
    stop: oneshot::Sender<()>,
}

impl SharedSocket {
    /// Listens for the members of the group, each of whom is known by their account.
    pub(super) fn start(
        at: &GroupSocket,
        place: &Place,
        namespace: ServedNamespace,
        grants: SharedGrants,
    ) -> Result<Self, CliError> {
        let socket = Socket::bind(&at.path, Access::Group(at.group)).map_err(CliError::usage)?;
        let state = RouterState::builder(Arc::new(PeerAccounts::shared()))
            .grants(grants)
            .server(program())
            .limits(Limits::new())
            .namespace(place.namespace().clone(), namespace)
            .build();
        let (stop, stopped) = oneshot::channel::<()>();
        let served = serve(socket, router(state), ServeOptions::new(), async {
            drop(stopped.await)
        });
        let serving = tokio::spawn(served);
        Ok(Self { serving, stop })
    }

    /// Ends streams, and answers what was received.
    pub(super) async fn stop(self) {
        let _ = self.stop.send(());
        let _ = self.serving.await;
    }
}
