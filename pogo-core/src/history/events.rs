//! The records of one job, in parts.

use crate::fleet::HostName;
use crate::journal::Seq;
use crate::scheduler::{JobId, Record};

/// Which records of a job to read, and how many at once.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct JobEventsQuery {
    /// The job.
    pub job: JobId,
    /// Those of this host alone; the job's as a whole are left out.
    pub host: Option<HostName>,
    /// Those behind this position of the journal.
    pub after: Option<Seq>,
    /// How many at once; at least one.
    pub limit: usize,
}

impl JobEventsQuery {
    /// How many records there are at once by default.
    pub const LIMIT: usize = 1_000;

    /// The first 1,000 records of a job.
    pub fn of(job: JobId) -> Self {
        Self {
            job,
            host: None,
            after: None,
            limit: Self::LIMIT,
        }
    }

    /// Leaves only what happened to this host.
    #[must_use]
    pub fn on(mut self, host: HostName) -> Self {
        self.host = Some(host);
        self
    }

    /// Goes on after this position, which is the `next` of the part before.
    #[must_use]
    pub fn after(mut self, position: Seq) -> Self {
        self.after = Some(position);
        self
    }

    /// So many at once.
    #[must_use]
    pub fn limit(mut self, records: usize) -> Self {
        self.limit = records;
        self
    }

    /// Whether it asks for this record of its job.
    pub fn takes(&self, at: Seq, record: &Record) -> bool {
        Some(at) > self.after && (self.host.is_none() || record.event.host() == self.host.as_ref())
    }
}

/// Some records of a job, in order.
#[derive(Debug, Clone, Default, PartialEq)]
#[non_exhaustive]
pub struct JobEvents {
    /// The records with their positions in the journal.
    pub records: Vec<(Seq, Record)>,
    /// Where to read on: the [`after`](JobEventsQuery::after) of the next query. `None` where there is nothing more
    /// yet.
    pub next: Option<Seq>,
}

impl JobEvents {
    /// Some records, and where to read on.
    pub fn new(records: Vec<(Seq, Record)>, next: Option<Seq>) -> Self {
        Self { records, next }
    }

    /// The first of what is left of a job's records. It looks at no more than whether another follows.
    pub fn of(rest: impl IntoIterator<Item = (Seq, Record)>, limit: usize) -> Self {
        let mut rest = rest.into_iter();
        let records: Vec<_> = rest.by_ref().take(limit.max(1)).collect();
        let next = records.last().map(|(at, _)| *at).filter(|_| rest.next().is_some());
        Self { records, next }
    }
}
