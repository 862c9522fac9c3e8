//! The observer trait.

use super::Notice;
use crate::fleet::HostName;
use crate::output::Stream;
use crate::scheduler::{AttemptId, JobId, Record, Scheduler};

/// Observes a rollout: a terminal, a web page, metrics, a test.
///
/// Calls come from the dispatcher and from transports, so they return quickly and never block; an observer
/// with more work queues it. A panic is caught and counted: the rollout and later calls go on as if nothing had
/// happened, and [`Dispatcher::run`](super::Dispatcher::run) reports it at the end.
pub trait Observer: Send + Sync {
    /// The state from which this dispatcher goes on, as the journal gave it: called once, before the first event.
    /// With an empty journal there is no host and no job in it.
    ///
    /// What was running then is running in it; the events that follow say whether it is resumed or in doubt.
    fn started(&self, scheduler: &Scheduler) {
        let _ = scheduler;
    }

    /// An event, after it has become durable, in order.
    fn event(&self, record: &Record) {
        let _ = record;
    }

    /// Something about the dispatcher itself, which is in no journal.
    fn notice(&self, notice: &Notice<'_>) {
        let _ = notice;
    }

    /// A piece of a host's output. Pieces of one attempt arrive in order; nothing else is promised.
    fn output(&self, chunk: &OutputChunk<'_>) {
        let _ = chunk;
    }
}

/// Observes nothing.
impl Observer for () {}

/// A piece of a command's or hook's output.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct OutputChunk<'a> {
    /// The job.
    pub job: JobId,
    /// The host that wrote it.
    pub host: &'a HostName,
    /// The attempt that wrote it.
    pub attempt: AttemptId,
    /// The stream it was written to.
    pub stream: Stream,
    /// The output; arbitrary bytes.
    pub bytes: &'a [u8],
}

impl<'a> OutputChunk<'a> {
    /// What an attempt of a job wrote on this host, to this stream.
    pub fn new(job: JobId, attempt: AttemptId, host: &'a HostName, stream: Stream, bytes: &'a [u8]) -> Self {
        Self {
            job,
            host,
            attempt,
            stream,
            bytes,
        }
    }
}
