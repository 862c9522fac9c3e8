//! Idle connections, kept for the next attempt of a job on the same host.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use pogo_core::scheduler::JobId;
use tokio::time::{Instant, sleep_until};

use super::connection::Link;
use crate::target::Target;

/// The key of an idle connection: other jobs and other targets do not share it.
type Owner = (JobId, Arc<Target>);

/// Idle connections, each kept for a set time.
#[derive(Debug, Clone)]
pub(super) struct IdleConnections {
    keep: Option<Duration>,
    links: Arc<Mutex<HashMap<Owner, IdleConnection>>>,
}

#[derive(Debug)]
struct IdleConnection {
    link: Link,
    until: Instant,
}

impl IdleConnections {
    /// Keeps idle connections for this long, or none.
    pub(super) fn new(keep: Option<Duration>) -> Self {
        Self {
            keep,
            links: Arc::default(),
        }
    }

    /// Takes the idle connection of this job and target, if it is still open.
    pub(super) fn take(&self, job: JobId, target: &Arc<Target>) -> Option<Link> {
        // Removed whatever its state is: a connection that is closed, or whose time is over, is of
        // no use to anybody.
        let kept = self.lock().remove(&(job, Arc::clone(target)))?;
        let is_open = !kept.link.handle.is_closed() && Instant::now() < kept.until;
        is_open.then_some(kept.link)
    }

    /// Keeps a connection for the set time; returns it if none are kept.
    pub(super) fn keep(&self, job: JobId, target: &Arc<Target>, link: Link) -> Option<Link> {
        let Some(keep) = self.keep else {
            return Some(link);
        };
        let (owner, until) = ((job, Arc::clone(target)), Instant::now() + keep);
        self.lock().insert(owner.clone(), IdleConnection { link, until });
        // Weak: dropping the transport closes its connections at once.
        let links = Arc::downgrade(&self.links);
        tokio::spawn(async move {
            sleep_until(until).await;
            if let Some(links) = links.upgrade() {
                let mut links = links.lock().unwrap_or_else(PoisonError::into_inner);
                // This one may have been taken meanwhile, and another kept.
                if links.get(&owner).is_some_and(|kept| kept.until <= until) {
                    links.remove(&owner);
                }
            }
        });
        None
    }

    /// Closes the oldest idle connection for which `may_go` holds, which frees its slot.
    pub(super) fn give_up_one(&self, may_go: impl Fn(&Target) -> bool) {
        let mut links = self.lock();
        let may_go = links.iter().filter(|((_, target), _)| may_go(target));
        // The one that would be closed first by itself.
        let oldest = may_go.min_by_key(|(_, kept)| kept.until);
        if let Some(owner) = oldest.map(|(owner, _)| owner.clone()) {
            links.remove(&owner);
        }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<Owner, IdleConnection>> {
        self.links.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
