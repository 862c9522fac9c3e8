//! Every refusal happens here, before any change.

use std::sync::Arc;

use super::checked_order::CheckedOrder;
use super::order_context::OrderContext;
use super::state::State;
use super::{
    Actor, Answer, AttemptId, Epoch, FenceAnswer, Input, InputError, Outcome, OutputSummary, OwnerId, Phase,
    Restoration,
};
use crate::Timestamp;

/// A valid input, with the results of checking it.
pub(super) enum Checked {
    Begin {
        attempt: AttemptId,
        host_lock: bool,
    },
    PhaseEntered {
        attempt: AttemptId,
        phase: Phase,
    },
    Reported {
        attempt: AttemptId,
        outcome: Outcome,
        output: Option<OutputSummary>,
    },
    Fenced {
        attempt: AttemptId,
        answer: FenceAnswer,
    },
    Late {
        attempt: AttemptId,
        outcome: Outcome,
    },
    Nothing,
    Command {
        order: Box<CheckedOrder>,
        context: Box<OrderContext>,
    },
    /// A command that was given before.
    Repeated {
        answer: Answer,
    },
    OwnerChanged {
        owner: OwnerId,
        epoch: Epoch,
        from: Option<OwnerId>,
    },
    Restored {
        restoration: Restoration,
        actor: Option<Arc<Actor>>,
    },
    Recover {
        resumed: Vec<AttemptId>,
    },
    Drain {
        cancel: Vec<AttemptId>,
    },
}

impl State {
    /// Refuses an input that is invalid in this state.
    pub(super) fn check(&self, now: Timestamp, input: Input) -> Result<Checked, InputError> {
        Ok(match input {
            // Said to the machine, not to the state.
            Input::Transport { .. } => Checked::Nothing,
            Input::Begin { attempt, host_lock } => self.check_begin(attempt, host_lock)?,
            Input::PhaseEntered { attempt, phase } => self.check_phase(attempt, phase)?,
            Input::Reported {
                attempt,
                outcome,
                output,
            } => self.check_report(attempt, outcome, output)?,
            Input::Fenced { attempt, answer } => self.check_answer(attempt, answer)?,
            Input::Tick => Checked::Nothing,
            Input::Command(command) => self.check_command(now, *command)?,
            Input::OwnerChanged { owner, epoch, from } => Checked::OwnerChanged { owner, epoch, from },
            Input::Restored {
                cause,
                at_least,
                reason,
                actor,
            } => {
                let restoration = self.check_restored(now, (cause, reason), at_least)?;
                Checked::Restored { restoration, actor }
            }
            Input::Recover { resumed } => self.check_recovery(resumed)?,
            Input::Drain { cancel } => self.check_drain(cancel)?,
        })
    }

    fn check_recovery(&self, resumed: Vec<AttemptId>) -> Result<Checked, InputError> {
        match resumed.iter().find(|&&attempt| self.attempts.get(attempt).is_none()) {
            Some(&attempt) => Err(InputError::UnknownAttempt { attempt }),
            None => Ok(Checked::Recover { resumed }),
        }
    }

    fn check_drain(&self, cancel: Vec<AttemptId>) -> Result<Checked, InputError> {
        match cancel.iter().find(|&&attempt| !self.attempts.was_issued(attempt)) {
            Some(&attempt) => Err(InputError::UnknownAttempt { attempt }),
            None => Ok(Checked::Drain { cancel }),
        }
    }

    fn check_phase(&self, attempt: AttemptId, phase: Phase) -> Result<Checked, InputError> {
        match self.attempts.get(attempt) {
            // Phases only advance: one that is late or repeated is ignored.
            Some(running) if phase > running.phase && phase != Phase::Settle => {
                Ok(Checked::PhaseEntered { attempt, phase })
            }
            Some(_) => Ok(Checked::Nothing),
            None if self.attempts.was_issued(attempt) => Ok(Checked::Nothing),
            None => Err(InputError::UnknownAttempt { attempt }),
        }
    }

    fn check_report(
        &self,
        attempt: AttemptId,
        outcome: Outcome,
        output: Option<OutputSummary>,
    ) -> Result<Checked, InputError> {
        match self.attempts.get(attempt) {
            Some(running) if running.phase != Phase::Settle => Ok(Checked::Reported {
                attempt,
                outcome,
                output,
            }),
            Some(_) => Ok(Checked::Late { attempt, outcome }),
            None if self.attempts.was_issued(attempt) => Ok(Checked::Late { attempt, outcome }),
            None => Err(InputError::UnknownAttempt { attempt }),
        }
    }
}
