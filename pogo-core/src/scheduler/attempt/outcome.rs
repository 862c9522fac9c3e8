//! Outcomes of attempts.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::{FailureCause, LockHolder};

/// The end of an attempt as its transport reports it. Unknown is not failed. Displays as one line:
/// `failed: command exited with 3`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(tag = "outcome", rename_all = "snake_case")]
#[non_exhaustive]
pub enum Outcome {
    /// Every hook and the command ended with status 0.
    Succeeded,
    /// It is known to have failed, or to never have begun.
    Failed(Failure),
    /// It may or may not have run: the connection broke after the command may have begun, or its dispatcher died.
    InDoubt {
        /// What was seen last, in one sentence.
        message: String,
    },
    /// Nothing ran on the host, and nothing of it will: its task waits again, and no retry is used up.
    ///
    /// A connection that cannot be made is a [failure](FailureKind::Unreachable): it is retried as the job says.
    NeverBegan {
        /// Why.
        reason: NeverBegan,
        /// What was seen, in one sentence for a person.
        message: String,
        /// Whose command the host is [busy](NeverBegan::Busy) with, if it says so.
        // Journals of earlier versions do not.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        holder: Option<LockHolder>,
    },
}

/// Why an attempt never began.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum NeverBegan {
    /// It was refused [permission](crate::scheduler::BeginRefused).
    Refused,
    /// Another command holds the host's lock.
    Busy,
    /// Permission was given, but the host was not asked to go on, or is known not to have heard it.
    NotSent,
    /// The host waited for `go` up to its time limit.
    Expired,
    /// It was cancelled before it asked for permission.
    Cancelled,
    /// What its transport needs to connect is not there: an agent that its user takes along, or an answer that nobody
    /// is there to give.
    NotReady,
    /// Its dispatcher died, or shut down, before it was permitted to begin.
    Restarted,
}

impl NeverBegan {
    /// Whether the cause may last, so that the next attempt is delayed.
    pub(in crate::scheduler) fn may_last(self) -> bool {
        // The others end at once: an order, a cancelling, or a dispatcher that starts anew.
        matches!(self, Self::Busy | Self::NotSent | Self::Expired | Self::NotReady)
    }
}

impl fmt::Display for NeverBegan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Refused => "permission to begin was refused",
            Self::Busy => "the host is busy with another command (lock held)",
            Self::NotSent => "the word to begin did not reach the host",
            Self::Expired => "the word to begin came too late",
            Self::Cancelled => "it was cancelled before it began",
            Self::NotReady => "what it needs to connect is not there",
            Self::Restarted => "its dispatcher ended before it began",
        })
    }
}

impl Outcome {
    /// A failure of this kind, with what was seen of it.
    pub fn failed(kind: FailureKind, message: impl Into<String>) -> Self {
        Self::Failed(Failure::new(kind, message))
    }

    /// Nothing ran, with what was seen.
    pub fn never_began(reason: NeverBegan, message: impl Into<String>) -> Self {
        Self::NeverBegan {
            reason,
            message: message.into(),
            holder: None,
        }
    }

    /// Nothing ran, because the host is busy with another command; with what was seen.
    pub fn busy(holder: Option<LockHolder>, message: impl Into<String>) -> Self {
        Self::NeverBegan {
            reason: NeverBegan::Busy,
            message: message.into(),
            holder,
        }
    }

    /// An unknown end, with what was seen last.
    pub fn in_doubt(message: impl Into<String>) -> Self {
        Self::InDoubt {
            message: message.into(),
        }
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let message = match self {
            Self::Succeeded => return f.write_str("succeeded"),
            Self::Failed(failure) => return write!(f, "failed: {failure}"),
            Self::InDoubt { message } => {
                f.write_str("in doubt")?;
                message
            }
            Self::NeverBegan { reason, message, .. } => {
                write!(f, "never began: {reason}")?;
                message
            }
        };
        match message.as_str() {
            "" => Ok(()),
            message => write!(f, ": {message}"),
        }
    }
}

/// A known failure. Never holds a secret: its text goes to journals, logs and screens.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[non_exhaustive]
pub struct Failure {
    /// What failed.
    #[serde(flatten)]
    pub kind: FailureKind,
    /// What was seen, in one sentence for a person.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub message: String,
    /// Its cause, where programs act upon it.
    // Journals of earlier versions have none.
    #[serde(
        default,
        deserialize_with = "FailureCause::known",
        skip_serializing_if = "Option::is_none"
    )]
    pub cause: Option<FailureCause>,
}

impl Failure {
    /// A failure of this kind, with what was seen of it.
    pub fn new(kind: FailureKind, message: impl Into<String>) -> Self {
        Self {
            kind,
            message: message.into(),
            cause: None,
        }
    }

    /// A failure with its cause.
    pub fn with_cause(mut self, cause: FailureCause) -> Self {
        self.cause = Some(cause);
        self
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.message.is_empty() {
            write!(f, "{}", self.kind)
        } else {
            write!(f, "{}: {}", self.kind, self.message)
        }
    }
}

/// What part of an attempt failed.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(tag = "kind", rename_all = "snake_case")]
#[non_exhaustive]
pub enum FailureKind {
    /// No connection: name not found, refused, no route, or lost before the command began.
    Unreachable,
    /// The host refused every way to log in.
    Authentication,
    /// The host's key is unknown, changed or revoked.
    HostKey,
    /// A pre-hook ended with this status; the command was not run.
    PreHook {
        /// Exit status of the hook.
        status: u32,
    },
    /// The command ended with this status.
    Command {
        /// Exit status of the command.
        status: u32,
    },
    /// The command succeeded, then a post-hook ended with this status.
    PostHook {
        /// Exit status of the hook.
        status: u32,
    },
    /// The command or a hook was ended by this signal.
    Signal {
        /// Name of the signal without `SIG`: `TERM`, `KILL`.
        signal: String,
    },
    /// A time limit ran out, and the attempt is known to have been ended.
    Timeout,
    /// The host or the transport refused the work: a lock is held, a channel or a capability is missing.
    // Older journals have `output_limit`: attempts failed by writing too much. Now the output is cut, with a mark.
    #[serde(alias = "output_limit")]
    Refused,
}

impl FailureKind {
    /// Whether it failed while connecting, before anything could have run on the host.
    pub fn is_connect(&self) -> bool {
        matches!(self, Self::Unreachable | Self::Authentication | Self::HostKey)
    }
}

impl fmt::Display for FailureKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unreachable => f.write_str("unreachable"),
            Self::Authentication => f.write_str("authentication failed"),
            Self::HostKey => f.write_str("host key not trusted"),
            Self::PreHook { status } => write!(f, "pre-hook exited with {status}"),
            Self::Command { status } => write!(f, "command exited with {status}"),
            Self::PostHook { status } => write!(f, "post-hook exited with {status}"),
            Self::Signal { signal } => write!(f, "ended by signal {signal}"),
            Self::Timeout => f.write_str("time limit ran out"),
            Self::Refused => f.write_str("refused"),
        }
    }
}

/// The phase of a running attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Phase {
    /// From the start until the transport has logged in and the attempt may begin; nothing has run there.
    Connect,
    /// While pre-hooks run; not entered on a host without any.
    PreHook,
    /// From the start of the command until its end is known.
    Command,
    /// While post-hooks run, after the command succeeded; not entered on a host without any.
    PostHook,
    /// After success, for the settle time, in which the host keeps its slots.
    Settle,
}

impl fmt::Display for Phase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Connect => "connect",
            Self::PreHook => "pre-hook",
            Self::Command => "command",
            Self::PostHook => "post-hook",
            Self::Settle => "settle",
        })
    }
}
