//! What a dispatcher observes of itself.

use std::time::Duration;

use crate::journal::JournalError;
use crate::output::OutputSource;
use crate::scheduler::Scheduler;

/// Something about the dispatcher itself, which is in no journal. Times are those of its [`Clock`](super::Clock).
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
    /// The journal cannot be reached, and is tried again; said once until it is back.
    JournalAway {
        /// What it said.
        error: &'a JournalError,
    },
    /// The journal took a commit after it was away.
    JournalBack {
        /// How long it was away.
        after: Duration,
    },
    /// Output of an attempt is not kept, or may not be; said once of each attempt.
    OutputLost {
        /// Whose.
        source: &'a OutputSource,
        /// Why.
        message: &'a str,
    },
    /// The event loop processed what had come. Whatever came meanwhile waited for that: the lag of the loop.
    Turned {
        /// How many reports, ends, orders and timeouts it processed.
        inputs: usize,
        /// How long it took, without the journal.
        took: Duration,
    },
}
