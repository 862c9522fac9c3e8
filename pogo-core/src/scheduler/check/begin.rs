//! Whether an attempt that asks may begin.

use super::Checked;
use crate::scheduler::state::State;
use crate::scheduler::{AttemptId, InputError};

impl State {
    /// Refuses permission where the host would not be started now for a reason that an operator or a failure gave.
    pub(in crate::scheduler) fn check_begin(&self, attempt: AttemptId, host_lock: bool) -> Result<Checked, InputError> {
        if !self.attempts.was_issued(attempt) {
            return Err(InputError::UnknownAttempt { attempt });
        }
        match self.begin_refused(attempt) {
            Some(reason) => Err(InputError::MayNotBegin { attempt, reason }),
            None => Ok(Checked::Begin { attempt, host_lock }),
        }
    }
}
