//! Collections that repeat their order and cost little for ten thousand jobs.

mod attempt_queue;
mod dense_hasher;
mod job_map;
mod job_set;

pub(in crate::scheduler) use attempt_queue::AttemptQueue;
pub(crate) use dense_hasher::DenseHash;
pub(crate) use job_map::{FastMap, FastSet, JobMap};
pub(crate) use job_set::JobSet;
