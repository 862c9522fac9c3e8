//! What is known of a namespace, for all who look.

use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use tokio::sync::{oneshot, watch};

use super::known::Known;
use super::past::PastJobs;

/// The timelines of a namespace. Nothing is followed until somebody asks, and no longer than the state of the router
/// lives.
#[derive(Clone, Default)]
pub(crate) struct Timelines {
    pub(super) shared: Arc<OnceLock<Arc<TimelinesShared>>>,
    pub(super) past: Arc<PastJobs>,
}

pub(super) struct TimelinesShared {
    pub(super) known: Mutex<Known>,
    /// How many records are known.
    pub(super) position: watch::Sender<u64>,
    pub(super) _alive: oneshot::Sender<()>,
}

impl TimelinesShared {
    pub(super) fn lock(&self) -> MutexGuard<'_, Known> {
        // What is known stays whole: an update is taken or dropped.
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
