//! A thread for what waits for servers of a store, so that any executor can await it.

use std::io;
use std::sync::Arc;
use std::thread::{self, ThreadId};

use futures::future::{FutureExt, LocalBoxFuture};
use tokio::sync::{mpsc, oneshot};
use tokio::task::{JoinSet, LocalSet};

/// The thread is gone.
#[derive(Debug)]
pub(crate) struct ThreadPanicked;

impl ThreadPanicked {
    pub(crate) const MESSAGE: &str = "the thread that uses the store has panicked";
}

/// Runs futures on a thread of its own. Each runs to its end even if nobody awaits it any more, so a statement is never
/// cut off in the middle because somebody lost interest. The thread ends once nobody has the runtime, and all of them
/// have ended.
#[derive(Debug, Clone)]
pub(crate) struct Runtime {
    thread: ThreadId,
    tasks: Arc<mpsc::UnboundedSender<Task>>,
}

/// Begun on the thread, so that what is begun never leaves it.
type Task = Box<dyn FnOnce() -> LocalBoxFuture<'static, ()> + Send>;

impl Runtime {
    /// Starts a thread of this name.
    pub(crate) fn start(name: &str) -> io::Result<Self> {
        // A single thread: the store does one thing at a time for an owner, and futures that stay
        // on it need not be `Send`.
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let (sender, mut tasks) = mpsc::unbounded_channel::<Task>();
        let run = async move {
            let mut running = JoinSet::new();
            loop {
                tokio::select! {
                    task = tasks.recv() => match task {
                        Some(task) => _ = running.spawn_local(task()),
                        None => break,
                    },
                    // A panic has been reported to whoever awaited the task.
                    Some(_) = running.join_next() => {}
                }
            }
            // What was begun ends: an answer that nobody awaits may still be an append that others
            // have to find whole.
            while running.join_next().await.is_some() {}
        };
        let thread = thread::Builder::new().name(name.to_owned());
        let thread = thread.spawn(move || runtime.block_on(LocalSet::new().run_until(run)))?;
        Ok(Self {
            thread: thread.thread().id(),
            tasks: Arc::new(sender),
        })
    }

    /// Whether this is its thread.
    pub(crate) fn is_current(&self) -> bool {
        thread::current().id() == self.thread
    }

    /// Runs this to its end, whoever awaits it.
    pub(crate) fn spawn<F: Future<Output = ()> + 'static>(&self, task: impl FnOnce() -> F + Send + 'static) {
        // The thread lives as long as there is somebody who can send.
        let _ = self.tasks.send(Box::new(|| task().boxed_local()));
    }

    /// Runs this and gives what comes of it.
    pub(crate) async fn run<T, F, E>(&self, work: impl FnOnce() -> F + Send + 'static) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<ThreadPanicked>,
        F: Future<Output = T> + 'static,
    {
        let (sender, receiver) = oneshot::channel();
        // Whoever asked may be gone.
        self.spawn(move || async move { _ = sender.send(work().await) });
        receiver.await.map_err(|_| ThreadPanicked.into())
    }
}
