//! Notices of a dispatcher about itself.

use std::fmt;
use std::time::Duration;

use crate::fleet::Escaped;
use crate::journal::{ClockSkew, JournalError, Seq};
use crate::output::OutputSource;
use crate::scheduler::Scheduler;
use crate::time::HumanDuration;

/// A notice about the dispatcher itself, which is in no journal. Times are those of its [`Clock`](super::Clock).
#[derive(Debug)]
#[non_exhaustive]
pub enum Notice<'a> {
    /// A commit is durable, and the observer was shown its events.
    Committed {
        /// How many events it has.
        records: usize,
        /// The position after the last of them in the journal.
        end: Seq,
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
    /// The dispatcher takes over by force although its clock is too far from that of the journal's store.
    ClockSkewed {
        /// How far it is.
        skew: ClockSkew,
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

impl fmt::Display for Notice<'_> {
    /// A sentence on one line: `the journal cannot be reached: no space left on device`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Committed { records, took, .. } => {
                write!(f, "a commit of {records} events took {}", HumanDuration(*took))
            }
            Self::JournalAway { error } => {
                write!(f, "the journal cannot be reached: {}", Escaped(&error.to_string()))
            }
            Self::JournalBack { after } => {
                write!(f, "the journal can be reached again after {}", HumanDuration(*after))
            }
            Self::ClockSkewed { skew } => write!(f, "the clock of this machine is {skew}"),
            Self::OutputLost { source, message } => {
                let OutputSource { job, host, attempt, .. } = source;
                write!(
                    f,
                    "output of {attempt} of {job} on {host} is lost: {}",
                    Escaped(message)
                )
            }
            Self::Turned { inputs, took } => write!(f, "a batch of {inputs} inputs took {}", HumanDuration(*took)),
        }
    }
}
