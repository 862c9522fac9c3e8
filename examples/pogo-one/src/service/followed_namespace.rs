//! A namespace that another process owns, followed in its journal.

use std::sync::Arc;

use pogo_core::dispatcher::{JournalFollower, SystemClock};
use pogo_core::journal::Epoch;
use pogo_web::ServedNamespace;
use tokio::task::JoinHandle;

use super::log::ServiceLog;
use crate::store::RemoteNamespace;

/// What is known of a namespace in one epoch, as long as this is kept.
pub(super) struct FollowedNamespace {
    served: ServedNamespace,
    epoch: Epoch,
    task: JoinHandle<()>,
}

impl FollowedNamespace {
    /// Reads the journal to its end, and follows it from there; `None` if it cannot be read now.
    pub(super) async fn open(remote: &dyn RemoteNamespace, epoch: Epoch) -> Option<Self> {
        let opened = JournalFollower::open(remote.journal(), Arc::new(SystemClock)).await;
        let opened = opened.inspect_err(|error| {
            ServiceLog.say(format_args!(
                "the journal cannot be followed, and is tried again: {error}"
            ));
        });
        let (follower, handle) = opened.ok()?;
        let served = ServedNamespace::new(handle)
            .output(remote.output())
            .history(remote.history())
            .journal(remote.journal());
        let task = tokio::spawn(follower.run());
        Some(Self { served, epoch, task })
    }

    pub(super) fn is_of(&self, epoch: Epoch) -> bool {
        self.epoch == epoch
    }

    pub(super) fn served(&self) -> ServedNamespace {
        self.served.clone()
    }
}

impl Drop for FollowedNamespace {
    fn drop(&mut self) {
        // Its streams end, and whoever reads one asks again.
        self.task.abort();
    }
}
