//! How the execution of a step ended.

use std::fmt;

use pogo_core::scheduler::NeverBegan;

use crate::host_lock::BusyHost;

/// The exit status of a session, or of the command in it, as the host reports it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum ExitStatus {
    /// The process exited with this code.
    Code(u32),
    /// A signal ended the process; its name without `SIG`.
    Signal(String),
}

impl fmt::Display for ExitStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Code(code) => write!(f, "status {code}"),
            Self::Signal(signal) => write!(f, "signal {signal}"),
        }
    }
}

/// Why the transport ended a step itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum StopReason {
    /// The attempt's time was up.
    TimeLimit,
    /// The attempt was cancelled.
    Cancelled,
}

impl fmt::Display for StopReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::TimeLimit => "the time limit ran out",
            Self::Cancelled => "the attempt was cancelled",
        })
    }
}

/// Why a step is known not to have started.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum NotStarted {
    /// The connection broke before the host was asked to run it.
    ConnectionLost(String),
    /// The attempt was stopped before the host was asked to run it.
    Stopped(StopReason),
    /// The host refused to run it.
    Refused(String),
    /// Permission was refused, or the host ended the attempt before `go`.
    NeverBegan(NeverBegan, String),
    /// Another command holds the host's lock.
    Busy(BusyHost),
}

impl fmt::Display for NotStarted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::ConnectionLost(reason) | Self::Refused(reason) | Self::NeverBegan(_, reason) => f.write_str(reason),
            Self::Busy(busy) => f.write_str(&busy.message),
            Self::Stopped(reason) => reason.fmt(f),
        }
    }
}

/// How a step ended, as far as was seen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum ExitReport {
    /// It never began.
    NotStarted(NotStarted),
    /// It ended with this status.
    Exited {
        /// Exit status.
        status: u32,
        /// The hook that ended with it, where it was a hook.
        hook: Option<String>,
    },
    /// A signal that the transport did not send ended it.
    Killed {
        /// Name of the signal, without `SIG`.
        signal: String,
    },
    /// The transport ended it, and its process group is gone.
    Stopped(StopReason),
    /// The transport tried to end it, without a confirmation from the host.
    NotStopped(StopReason),
    /// The connection broke after the host was asked to run it, or the host never reported how it ended.
    Unknown(String),
}

impl ExitReport {
    /// The host refused to run the step, for this reason.
    pub(crate) fn refused(reason: impl Into<String>) -> Self {
        Self::NotStarted(NotStarted::Refused(reason.into()))
    }
}

impl From<(NeverBegan, String)> for ExitReport {
    fn from((reason, message): (NeverBegan, String)) -> Self {
        Self::NotStarted(NotStarted::NeverBegan(reason, message))
    }
}

impl From<NotStarted> for ExitReport {
    fn from(reason: NotStarted) -> Self {
        Self::NotStarted(reason)
    }
}
