//! A dispatcher process, as the world knows it.

use std::fmt;

use super::executor::{Group, Millis};
use crate::dispatcher::Handle;

/// A dispatcher process; each start gets a new number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct ProcessId(pub(super) u64);

impl fmt::Display for ProcessId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "d{}", self.0)
    }
}

impl ProcessId {
    pub(super) fn group(self) -> Group {
        Group(self.0)
    }
}

/// The world's state of a process.
pub(super) struct Process {
    pub(super) handle: Option<Handle>,
    pub(super) paused: bool,
    /// End of its partition from the journal.
    pub(super) no_journal_until: Millis,
    /// End of its partition from hosts.
    pub(super) no_hosts_until: Millis,
    /// How far its clock is ahead of the world's, and how far it was last seen to be from the store's.
    pub(super) ahead: Millis,
    pub(super) shown_skew: Millis,
}
