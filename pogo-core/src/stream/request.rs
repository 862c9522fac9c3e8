//! What a stream is asked for.

use serde::{Deserialize, Serialize};

#[cfg(feature = "async")]
use super::ResyncReason;
use super::StreamId;
use crate::scheduler::JobId;

/// Where a stream begins, and what it is about.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct StreamRequest {
    /// Goes on after this id; without one, the stream begins with a snapshot.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<StreamId>,
    /// Only what concerns this job: what it is, its own records, and that another dispatcher took over. It is for
    /// whoever shows a job. A [`Follower`](super::Follower) needs all records.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub job: Option<JobId>,
}

impl StreamRequest {
    /// All of a namespace, from a snapshot on.
    pub fn new() -> Self {
        Self::default()
    }

    /// Goes on after this id.
    #[must_use]
    pub fn after(self, id: StreamId) -> Self {
        self.resume(Some(id))
    }

    /// Goes on where [`Follower::position`](super::Follower::position) says, or from a snapshot on.
    #[must_use]
    pub fn resume(mut self, position: Option<StreamId>) -> Self {
        self.after = position;
        self
    }

    /// Limits the stream to this job.
    #[must_use]
    pub fn job(mut self, job: JobId) -> Self {
        self.job = Some(job);
        self
    }

    /// Why a stream that ends there cannot go on where this asks it to, if it cannot.
    #[cfg(feature = "async")]
    pub(crate) fn resync(&self, end: StreamId, max_lag: u64) -> Option<ResyncReason> {
        let after = self.after?;
        // First: positions of another incarnation cannot be compared with these at all.
        if after.incarnation() != end.incarnation() {
            return Some(ResyncReason::Restored);
        }
        match end.seq().0.checked_sub(after.seq().0) {
            // A journal that has lost its tail without anybody saying so: what follows would not be
            // what was seen.
            None => Some(ResyncReason::BeyondEnd),
            Some(lag) if lag > max_lag => Some(ResyncReason::TooSlow),
            Some(_) => None,
        }
    }
}
