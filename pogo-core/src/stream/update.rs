//! What a stream brings.

use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::StreamId;
use super::withheld::{withhold_from_record, withhold_from_snapshot};
use crate::Timestamp;
use crate::journal::{Seq, Snapshot};
use crate::scheduler::{JobDetails, Record, Scheduler};

/// One item of a stream. As JSON: `{"version":1,"update":{"heartbeat":{"id":"0-12","at":5}}}`; see
/// [`STREAM_VERSION`](super::STREAM_VERSION).
///
/// What a job's command reads and the values of its environment are left out: only its hosts have to know them.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Update {
    /// All of the namespace as it was there. Whatever was known before is dropped.
    Snapshot {
        /// Where the stream stands.
        id: StreamId,
        /// The state.
        state: Arc<Snapshot>,
    },
    /// The job as it was there, in a stream of one job. Its hosts are asked for in pages.
    Job {
        /// Where the stream stands.
        id: StreamId,
        /// The job.
        job: Box<JobDetails>,
    },
    /// What has happened since.
    Records {
        /// Where the stream stood before: the `id` of the item before it.
        after: StreamId,
        /// Where the stream stands now.
        id: StreamId,
        /// The records in between, in order; in a stream of one job those of the job.
        records: Vec<StreamRecord>,
    },
    /// Some records are left out: what is known is no longer kept up to date. A snapshot comes next.
    Resync {
        /// Why.
        reason: ResyncReason,
    },
    /// Nothing has happened: the position is unchanged, and the connection works.
    Heartbeat {
        /// Where the stream stands.
        id: StreamId,
        /// The time of whoever sends it.
        at: Timestamp,
    },
}

impl Update {
    /// All of a namespace, as it is there.
    pub fn snapshot(id: StreamId, scheduler: &Scheduler) -> Self {
        let mut state = scheduler.snapshot();
        withhold_from_snapshot(&mut state);
        let state = Arc::new(state);
        Self::Snapshot { id, state }
    }

    /// Where the stream stands after it; `None` of a [`Resync`](Self::Resync).
    pub fn id(&self) -> Option<StreamId> {
        match self {
            Self::Snapshot { id, .. }
            | Self::Job { id, .. }
            | Self::Records { id, .. }
            | Self::Heartbeat { id, .. } => Some(*id),
            Self::Resync { .. } => None,
        }
    }
}

/// A record, and where it stands in the journal.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[non_exhaustive]
pub struct StreamRecord {
    /// Its position.
    pub seq: Seq,
    /// The record.
    #[serde(flatten)]
    pub record: Record,
}

impl StreamRecord {
    /// The record at this position, without what followers do not need to know.
    pub fn new(seq: Seq, mut record: Record) -> Self {
        withhold_from_record(&mut record);
        Self { seq, record }
    }
}

/// Why a stream leaves out records.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum ResyncReason {
    /// The journal no longer has them.
    Compacted,
    /// The position is beyond the journal's end: it is of another namespace, or of a journal that has lost its tail.
    BeyondEnd,
    /// The position is of another incarnation: the namespace was restored from a copy since.
    Restored,
    /// The reader is so far behind that a snapshot is cheaper.
    TooSlow,
}

impl fmt::Display for ResyncReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Compacted => "the journal no longer has the records that come next",
            Self::BeyondEnd => "the journal ends before this position",
            Self::Restored => "the namespace was restored from a copy",
            Self::TooSlow => "too many records to catch up with",
        })
    }
}
