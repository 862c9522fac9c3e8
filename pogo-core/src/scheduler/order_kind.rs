//! The orders that an operator gives to a job or to hosts of one.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Which order was given, without what it was given for. Displays as the order: `pause`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum OrderKind {
    /// [`Input::Pause`](super::Input::Pause).
    Pause,
    /// [`Input::Resume`](super::Input::Resume).
    Resume,
    /// [`Input::Halt`](super::Input::Halt).
    Halt,
    /// [`Input::Abort`](super::Input::Abort).
    Abort,
    /// [`Input::Promote`](super::Input::Promote).
    Promote,
    /// [`Input::Retry`](super::Input::Retry).
    Retry,
    /// [`Input::Skip`](super::Input::Skip).
    Skip,
    /// [`Input::Alter`](super::Input::Alter).
    Alter,
}

impl OrderKind {
    /// The past participle of the order, as in `it cannot be paused`.
    pub(super) const fn participle(self) -> &'static str {
        match self {
            Self::Pause => "paused",
            Self::Resume => "resumed",
            Self::Halt => "halted",
            Self::Abort => "aborted",
            Self::Promote => "promoted",
            Self::Retry => "retried",
            Self::Skip => "skipped",
            Self::Alter => "altered",
        }
    }
}

impl fmt::Display for OrderKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Pause => "pause",
            Self::Resume => "resume",
            Self::Halt => "halt",
            Self::Abort => "abort",
            Self::Promote => "promote",
            Self::Retry => "retry",
            Self::Skip => "skip",
            Self::Alter => "alter",
        })
    }
}
