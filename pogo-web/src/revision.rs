//! Whether fleet and policy are still those that somebody has read.

use std::fmt;
use std::sync::Arc;

use pogo_core::Digest;
use pogo_core::dispatcher::{Handle, OrderError};
use pogo_core::fleet::Fleet;
use pogo_core::policy::Policy;
use tokio::sync::{Mutex, MutexGuard};

/// Names the fleets and policies of a namespace, so that an order can ask for those that it was made for.
#[derive(Default)]
pub(crate) struct Revisions {
    last: Mutex<Revision>,
}

/// What is in force, and its name. As long as it is held, no order changes it that comes over the API.
#[derive(Default)]
pub(crate) struct Revision {
    /// A digest: the next server of the namespace calls it the same.
    name: Option<Digest>,
    pub(crate) fleet: Option<Arc<Fleet>>,
    pub(crate) policy: Arc<Policy>,
}

impl Revisions {
    /// What is in force now.
    pub(crate) async fn hold(&self, handle: &Handle) -> Result<MutexGuard<'_, Revision>, OrderError> {
        let mut last = self.last.lock().await;
        let in_force =
            handle.query(|scheduler| (scheduler.configured_fleet().cloned(), Arc::clone(scheduler.policy())));
        let (fleet, policy) = in_force.await?;
        // By address: comparing two fleets of ten thousand hosts, or their digests, would be work
        // for each order.
        let is_same = match (&last.fleet, &fleet) {
            (None, None) => true,
            (Some(last), Some(fleet)) => Arc::ptr_eq(last, fleet),
            _ => false,
        };
        // What is kept here is alive, so that nothing else can be where it is.
        if last.name.is_none() || !is_same || !Arc::ptr_eq(&last.policy, &policy) {
            let name = Some(name(fleet.as_deref(), &policy));
            *last = Revision { name, fleet, policy };
        }
        Ok(last)
    }

    /// The name of a revision, as HTTP has it.
    pub(crate) fn tag(&self, revision: &Revision) -> String {
        let name = revision.name.map(|name| name.to_string()).unwrap_or_default();
        format!("\"{name}\"")
    }
}

/// The digest of what both are stored as.
fn name(fleet: Option<&Fleet>, policy: &Policy) -> Digest {
    // Both were stored, so they can be written.
    Digest::of(&serde_json::to_vec(&(fleet, policy)).unwrap_or_default())
}

impl fmt::Debug for Revisions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Revisions").finish_non_exhaustive()
    }
}
