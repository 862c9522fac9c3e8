//! Removing what has expired.

use pogo_core::Timestamp;
use pogo_core::scheduler::JobId;

use crate::error::StoreError;
use crate::jobs::unfinished_jobs;
use crate::output::{Pruned, Retention};
use crate::shared::Shared;

/// Removes all that has expired, at once.
pub(crate) fn prune(shared: &Shared, now: Timestamp, keep: Retention) -> Result<Pruned, StoreError> {
    shared.as_owner(|| {
        let expired = shared.outputs.expired(now, keep, &unfinished_jobs(shared)?)?;
        let mut pruned = Pruned::default();
        for it in expired {
            shared.outputs.remove_expired(it, &mut pruned)?;
        }
        Ok(pruned)
    })
}

/// Removes the output of a job, unless the job may still write.
pub(crate) fn remove_output(shared: &Shared, job: JobId) -> Result<bool, StoreError> {
    shared.as_owner(|| {
        if unfinished_jobs(shared)?.contains(&job) {
            return Ok(false);
        }
        Ok(shared.outputs.remove(job)?)
    })
}
