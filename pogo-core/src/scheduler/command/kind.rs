//! Orders without what they say.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Which order was given, without what it was given for. Displays as the order: `pause`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum OrderKind {
    /// [`Order::Configure`](super::Order::Configure).
    Configure,
    /// [`Order::Submit`](super::Order::Submit).
    Submit,
    /// [`Order::Pause`](super::Order::Pause).
    Pause,
    /// [`Order::Resume`](super::Order::Resume).
    Resume,
    /// [`Order::Halt`](super::Order::Halt).
    Halt,
    /// [`Order::Abort`](super::Order::Abort).
    Abort,
    /// [`Order::Promote`](super::Order::Promote).
    Promote,
    /// [`Order::Note`](super::Order::Note).
    Note,
    /// [`Order::Retry`](super::Order::Retry).
    Retry,
    /// [`Order::Skip`](super::Order::Skip).
    Skip,
    /// [`Order::Alter`](super::Order::Alter).
    Alter,
    /// [`Order::Freeze`](super::Order::Freeze).
    Freeze,
    /// [`Order::Thaw`](super::Order::Thaw).
    Thaw,
    /// [`Order::Hold`](super::Order::Hold).
    Hold,
    /// [`Order::Release`](super::Order::Release).
    Release,
    /// [`Order::MarkDown`](super::Order::MarkDown).
    MarkDown,
    /// [`Order::MarkUp`](super::Order::MarkUp).
    MarkUp,
    /// That the namespace goes on from a copy of its journal, or from one that lost its last records: no order of a
    /// running dispatcher, but given to one that takes over.
    Restore,
}

impl OrderKind {
    /// The past participle of the order, as in `it cannot be paused`.
    pub const fn participle(self) -> &'static str {
        match self {
            Self::Configure => "configured",
            Self::Submit => "submitted",
            Self::Pause => "paused",
            Self::Resume => "resumed",
            Self::Halt => "halted",
            Self::Abort => "aborted",
            Self::Promote => "promoted",
            Self::Note => "noted",
            Self::Retry => "retried",
            Self::Skip => "skipped",
            Self::Alter => "altered",
            Self::Freeze => "frozen",
            Self::Thaw => "thawed",
            Self::Hold => "held",
            Self::Release => "released",
            Self::MarkDown => "marked down",
            Self::MarkUp => "marked up",
            Self::Restore => "restored",
        }
    }
}

impl fmt::Display for OrderKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Configure => "configure",
            Self::Submit => "submit",
            Self::Pause => "pause",
            Self::Resume => "resume",
            Self::Halt => "halt",
            Self::Abort => "abort",
            Self::Promote => "promote",
            Self::Note => "note",
            Self::Retry => "retry",
            Self::Skip => "skip",
            Self::Alter => "alter",
            Self::Freeze => "freeze",
            Self::Thaw => "thaw",
            Self::Hold => "hold",
            Self::Release => "release",
            Self::MarkDown => "mark down",
            Self::MarkUp => "mark up",
            Self::Restore => "restore",
        })
    }
}
