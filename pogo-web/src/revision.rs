//! Whether fleet and policy are still those that somebody has read.

use std::fmt;
use std::hash::{BuildHasher, Hasher, RandomState};
use std::sync::Arc;

use pogo_core::dispatcher::{Handle, OrderError};
use pogo_core::fleet::Fleet;
use pogo_core::policy::Policy;
use tokio::sync::{Mutex, MutexGuard};

/// Numbers the fleets and policies of a namespace, so that an order can ask for those that it was made for.
pub(crate) struct Revisions {
    /// Of this server: another one, after a restart, numbers anew.
    server: u64,
    last: Mutex<Revision>,
}

/// What is in force, and its number. As long as it is held, no order changes it that comes over the API.
#[derive(Default)]
pub(crate) struct Revision {
    number: u64,
    pub(crate) fleet: Option<Arc<Fleet>>,
    pub(crate) policy: Arc<Policy>,
}

impl Default for Revisions {
    fn default() -> Self {
        Self {
            server: RandomState::new().build_hasher().finish(),
            last: Mutex::default(),
        }
    }
}

impl Revisions {
    /// What is in force now.
    pub(crate) async fn hold(&self, handle: &Handle) -> Result<MutexGuard<'_, Revision>, OrderError> {
        let mut last = self.last.lock().await;
        let in_force =
            handle.query(|scheduler| (scheduler.configured_fleet().cloned(), Arc::clone(scheduler.policy())));
        let (fleet, policy) = in_force.await?;
        let is_same = match (&last.fleet, &fleet) {
            (None, None) => true,
            (Some(last), Some(fleet)) => Arc::ptr_eq(last, fleet),
            _ => false,
        };
        // What is kept here is alive, so that nothing else can be where it is.
        if !is_same || !Arc::ptr_eq(&last.policy, &policy) {
            let number = last.number + 1;
            *last = Revision { number, fleet, policy };
        }
        Ok(last)
    }

    /// The name of a revision, as HTTP has it.
    pub(crate) fn tag(&self, revision: &Revision) -> String {
        format!("\"{:016x}-{}\"", self.server, revision.number)
    }
}

impl fmt::Debug for Revisions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Revisions").finish_non_exhaustive()
    }
}
