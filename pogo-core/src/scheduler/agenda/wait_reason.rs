//! Why a class waits, which is also the queue in which it does.

use crate::plan::BucketId;
use crate::scheduler::ids::JobIndex;

/// Why a class waits, and in which queue.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum WaitReason {
    /// The bucket is full: to available hosts, or to hosts that would be repaired.
    Bucket { bucket: BucketId, repair: bool },
    /// The job runs as many tasks as its `max_parallel` lets it.
    Job(JobIndex),
}
