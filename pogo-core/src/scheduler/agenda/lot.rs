//! The queues in which classes wait that cannot start now.

use crate::plan::BucketId;
use crate::scheduler::JobId;

/// One queue of the parking.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Lot {
    Bucket { bucket: BucketId, repair: bool },
    Job(JobId),
}
