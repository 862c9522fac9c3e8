//! Notices of a dispatcher about itself.

use std::time::Duration;

use crate::journal::JournalError;
use crate::output::OutputSource;
use crate::scheduler::Scheduler;

/// A notice about the dispatcher itself, which is in no journal. Times are those of its [`Clock`](super::Clock).
#[derive(Debug)]
#[non_exhaustive]
pub enum Notice<'a> {
    /// A commit is durable, and the observer was shown its events.
    Committed {
        /// How many events it has.
        records: usize,
        /// How long the journal took for it.
        took: Duration,
        /// The state after its events.
        scheduler: &'a Scheduler,
    },
    /// The journal cannot be reached, and is retried; sent once until it is back.
    JournalAway {
        /// Its error.
        error: &'a JournalError,
    },
    /// The journal accepted a commit after it was away.
    JournalBack {
        /// How long it was away.
        after: Duration,
    },
    /// Output of an attempt is lost, or may be; sent once per attempt.
    OutputLost {
        /// Whose.
        source: &'a OutputSource,
        /// Why.
        message: &'a str,
    },
    /// The event loop processed a batch. Inputs that arrived meanwhile waited for this time: the lag of the loop.
    Turned {
        /// How many reports, ends, orders and timeouts it processed.
        inputs: usize,
        /// How long it took, without the journal.
        took: Duration,
    },
}
