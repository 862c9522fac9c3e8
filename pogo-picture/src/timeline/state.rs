//! The states of a host in pictures.

use pogo_core::scheduler::Phase;

/// The state of a host, in the order in which bands stack it from the bottom up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum HostState {
    /// Its last attempt failed; it holds its slots.
    Failed,
    /// Its last attempt is in doubt; it holds its slots.
    InDoubt,
    /// Marked down; it holds its slots.
    Down,
    /// Somebody holds it outside of any job.
    Held,
    /// Its last attempt succeeded, or a later one than the one that failed.
    Succeeded,
    /// Somebody counted it as done.
    Skipped,
    /// It waited, and its job ended without it.
    Cancelled,
    /// Its command succeeded, and it keeps its slots for the settle time.
    Settle,
    /// A hook runs after its command.
    PostHook,
    /// Its command runs.
    Command,
    /// A hook runs before its command.
    PreHook,
    /// It is connected to and logged in to.
    Connect,
    /// It runs without a reported phase.
    Running,
    /// It waits for its turn, or to be tried again.
    Waiting,
}

impl HostState {
    pub(super) const ALL: [Self; 14] = [
        Self::Failed,
        Self::InDoubt,
        Self::Down,
        Self::Held,
        Self::Succeeded,
        Self::Skipped,
        Self::Cancelled,
        Self::Settle,
        Self::PostHook,
        Self::Command,
        Self::PreHook,
        Self::Connect,
        Self::Running,
        Self::Waiting,
    ];

    /// The position in [`Self::ALL`].
    pub(super) const fn index(self) -> usize {
        self as usize
    }

    /// Whether an attempt is running.
    pub(super) const fn is_running(self) -> bool {
        matches!(
            self,
            Self::Settle | Self::PostHook | Self::Command | Self::PreHook | Self::Connect | Self::Running
        )
    }

    /// Whether it holds slots without running.
    pub(super) const fn holds_slots(self) -> bool {
        matches!(self, Self::Failed | Self::InDoubt | Self::Down | Self::Held)
    }

    /// The class in style sheets.
    pub(super) const fn class(self) -> &'static str {
        match self {
            Self::Failed => "failed",
            Self::InDoubt => "doubt",
            Self::Down => "down",
            Self::Held => "held",
            Self::Succeeded => "ok",
            Self::Skipped => "skipped",
            Self::Cancelled => "cancelled",
            Self::Settle => "settle",
            Self::PostHook => "post",
            Self::Command => "command",
            Self::PreHook => "pre",
            Self::Connect => "connect",
            Self::Running => "running",
            Self::Waiting => "waiting",
        }
    }

    /// Its word in texts.
    pub(super) const fn word(self) -> &'static str {
        match self {
            Self::Failed => "failed",
            Self::InDoubt => "in doubt",
            Self::Down => "marked down",
            Self::Held => "held",
            Self::Succeeded => "succeeded",
            Self::Skipped => "skipped",
            Self::Cancelled => "cancelled",
            Self::Settle => "settle",
            Self::PostHook => "post-hook",
            Self::Command => "command",
            Self::PreHook => "pre-hook",
            Self::Connect => "connect",
            Self::Running => "running",
            Self::Waiting => "waiting",
        }
    }
}

impl From<Phase> for HostState {
    fn from(phase: Phase) -> Self {
        match phase {
            Phase::Connect => Self::Connect,
            Phase::PreHook => Self::PreHook,
            Phase::Command => Self::Command,
            Phase::PostHook => Self::PostHook,
            Phase::Settle => Self::Settle,
            _ => Self::Running,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_state_stands_at_its_own_index() {
        for (at, state) in HostState::ALL.into_iter().enumerate() {
            assert_eq!(state.index(), at, "{state:?}");
        }
    }
}
