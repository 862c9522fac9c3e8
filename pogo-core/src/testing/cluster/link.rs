//! The state of a connection between a dispatcher and a host.

use futures::channel::mpsc;

use super::executor::Millis;
use super::host::{AttemptKey, HostAnswer};
use super::process::ProcessId;

/// A message on a link.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Message {
    /// To the host: launch an attempt.
    Launch { key: AttemptKey },
    /// To the host: ask about this attempt, waiting up to this time while it runs.
    Ask { key: AttemptKey, wait: Millis },
    /// To the host: begin the command.
    Go,
    /// To the host: end the command.
    Stop,
    /// From the host: another command runs.
    Busy,
    /// From the host: it will never begin.
    Never(&'static str),
    /// From the host: it has the lock, and waits for `go`.
    Ready,
    /// From the host: the command runs.
    Begun,
    /// From the host: the command has ended with this status.
    Ended { status: u32 },
    /// From the host: what it found of the attempt that it was asked about.
    Answer(HostAnswer),
    /// The link is closed.
    Closed,
}

/// The two ends of a link.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Side {
    /// A process that may be paused or killed.
    Dispatcher,
    /// The machine, which goes on when a process is gone.
    Host,
}

/// A link, as the world knows it.
pub(super) struct LinkState {
    pub(super) process: ProcessId,
    pub(super) host: usize,
    /// The attempt that it is for.
    pub(super) key: Option<AttemptKey>,
    pub(super) cut: bool,
    /// Messages in flight are lost when it is cut.
    pub(super) loses: bool,
    pub(super) to_dispatcher: Direction,
    pub(super) to_host: Direction,
}

pub(super) struct Direction {
    pub(super) inbox: mpsc::UnboundedSender<Message>,
    /// Messages arrive in order.
    pub(super) last: Millis,
}

impl LinkState {
    pub(super) fn to(&mut self, side: Side) -> &mut Direction {
        match side {
            Side::Dispatcher => &mut self.to_dispatcher,
            Side::Host => &mut self.to_host,
        }
    }

    pub(super) fn is_whole(&self) -> bool {
        !self.cut
    }

    /// Whether an end of it is left that reads.
    pub(super) fn is_used(&self) -> bool {
        !(self.to_dispatcher.inbox.is_closed() && self.to_host.inbox.is_closed())
    }
}
