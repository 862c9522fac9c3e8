//! The state of one task of a job.

use std::time::Duration;

use pogo_core::Timestamp;
use pogo_core::policy::JobSettings;
use pogo_core::scheduler::{AttemptId, Phase, TaskState};

/// A task as the records so far have it.
#[derive(Clone)]
pub(crate) struct Task {
    pub(crate) state: TaskState,
    /// The phase of its attempt, and since when.
    pub(crate) phase: (Phase, Timestamp),
    pub(crate) cancelling: bool,
    /// Its attempt asks for permission to begin, and has none.
    pub(crate) awaits_permission: bool,
    /// Its attempt was permitted to begin without a lock of the host.
    pub(crate) began_unlocked: bool,
    /// The last attempt, if it was permitted to begin and a host can be asked for its state.
    pub(crate) permitted: Option<AttemptId>,
    /// The last attempt, if it was permitted to begin and nobody has said since that it is over.
    pub(crate) unfenced: Option<AttemptId>,
    /// Its attempt was permitted to begin by a transport that can ask its host later.
    pub(crate) fences: bool,
    /// An earlier attempt had failed when the last one ended unknown.
    pub(crate) failed_before: bool,
    pub(crate) not_before: Timestamp,
    /// Since when the task waits for `not_before`.
    pub(crate) delayed: Timestamp,
    pub(crate) retries: u32,
    pub(crate) connect_retries: u32,
}

/// Why a host is tried again.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum RetryReason {
    /// By an order.
    Ordered,
    /// It could not be connected to.
    ConnectFailed,
    /// Its attempt failed otherwise, or is in doubt.
    AttemptFailed,
}

impl RetryReason {
    /// As records have it.
    pub(crate) fn of(ordered: bool, after_connect: bool) -> Self {
        match (ordered, after_connect) {
            (true, _) => Self::Ordered,
            (false, true) => Self::ConnectFailed,
            (false, false) => Self::AttemptFailed,
        }
    }
}

impl Task {
    pub(crate) fn new(now: Timestamp) -> Self {
        Self {
            state: TaskState::Waiting,
            phase: (Phase::Connect, now),
            cancelling: false,
            awaits_permission: false,
            began_unlocked: false,
            permitted: None,
            unfenced: None,
            fences: false,
            failed_before: false,
            not_before: Timestamp::EPOCH,
            delayed: Timestamp::EPOCH,
            retries: 0,
            connect_retries: 0,
        }
    }

    /// After a restore: it may have been permitted to begin since the copy was made.
    pub(crate) fn presume_begun(&mut self, attempt: AttemptId) {
        if std::mem::take(&mut self.awaits_permission) {
            (self.fences, self.permitted, self.unfenced) = (true, Some(attempt), Some(attempt));
        }
    }

    /// Scales a delay that has not passed, as if the new delay had held from its beginning.
    pub(crate) fn wait_in_proportion(&mut self, (before, after): (u128, u128)) {
        // In 128 bits: the product of two long delays in milliseconds can need more than 64.
        let waits = (self.not_before - self.delayed).as_millis();
        if waits > 0 && before > 0 {
            let waits = waits.saturating_mul(after) / before;
            self.not_before = self.delayed + Duration::from_millis(u64::try_from(waits).unwrap_or(u64::MAX));
        }
    }
}

/// The delay before another try, in milliseconds.
pub(crate) fn delay(settings: &JobSettings) -> u128 {
    settings.retry_delay.unwrap_or(JobSettings::RETRY_DELAY).as_millis()
}

pub(crate) fn counts_as_failed(state: TaskState) -> bool {
    matches!(state, TaskState::Failed | TaskState::InDoubt)
}
