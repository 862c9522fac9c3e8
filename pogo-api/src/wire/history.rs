//! Jobs that there are and were, and what happened.

use pogo_core::history::JobEntry;
use pogo_core::journal::Seq;
use pogo_core::scheduler::JobId;
use pogo_core::stream::StreamRecord;

use super::document::document;

document! {
    /// Some of the jobs that there are and were, newest first.
    HistoryPage {
        /// The jobs.
        entries: Vec<JobEntry>,
        /// Where the list goes on: the `before` of the next request. `None` at its end.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        next: Option<JobId>,
    }
}

document! {
    /// Some records of one job, in order, as a stream has them: without what its command reads and the values of its
    /// environment.
    JobRecords {
        /// The records with their positions in the journal.
        records: Vec<StreamRecord>,
        /// Where to read on: the `after` of the next request. `None` where there is nothing more yet.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        next: Option<Seq>,
    }
}

document! {
    /// Some records of everything that happened in a namespace, in order, as a stream has them: without what commands
    /// read and the values of their environment.
    NamespaceRecords {
        /// The records with their positions in the journal.
        records: Vec<StreamRecord>,
        /// Where to read on: the `after` of the next request. `None` where there is nothing more yet.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        next: Option<Seq>,
        /// The first record that the journal still has, where earlier ones were asked for: the list begins with it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        first: Option<Seq>,
    }
}
