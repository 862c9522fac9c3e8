//! Inputs that are refused, kind by kind.

use super::Checked;
use super::command::check_length;
use crate::Timestamp;
use crate::scheduler::state::State;
use crate::scheduler::{Answer, AttemptId, Input, InputError, Outcome, OutputSummary, Phase};

impl State {
    /// Refuses an input that is invalid in this state.
    pub(in crate::scheduler) fn check(&self, now: Timestamp, input: Input) -> Result<Checked, InputError> {
        Ok(match input {
            // Said to the machine, not to the state.
            Input::Transport { .. } => Checked::Nothing,
            Input::Begin { attempt, host_lock } => self.check_begin(attempt, host_lock)?,
            Input::PhaseEntered { attempt, phase } => self.check_phase(attempt, phase)?,
            Input::HostKeyRecorded { attempt } => self.check_host_key(attempt)?,
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
                id,
                request,
                reason,
                actor,
            } => {
                if self.is_restored(now, id, request.as_ref())? {
                    return Ok(Checked::Repeated { answer: Answer::Done });
                }
                check_length(actor.as_deref(), Some(&*reason))?;
                let restoration = self.check_restored(now, (cause, id, reason), at_least)?;
                Checked::Restored {
                    restoration,
                    request,
                    actor,
                }
            }
            Input::Recover { resumed } => self.check_recovery(resumed)?,
            Input::Drain { cancel } => self.check_drain(cancel)?,
        })
    }

    fn check_recovery(&self, resumed: Vec<AttemptId>) -> Result<Checked, InputError> {
        // Of a resumed attempt reports will come, so it has to be under way.
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

    fn check_host_key(&self, attempt: AttemptId) -> Result<Checked, InputError> {
        match self.attempts.get(attempt) {
            Some(_) => Ok(Checked::HostKeyRecorded { attempt }),
            // Given up: nothing is recorded of an attempt after its end but how it ended.
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
            // It settles: its end is decided, and a second report is noted instead of refused,
            // since the transport cannot know.
            Some(_) => Ok(Checked::Late { attempt, outcome }),
            None if self.attempts.was_issued(attempt) => Ok(Checked::Late { attempt, outcome }),
            None => Err(InputError::UnknownAttempt { attempt }),
        }
    }
}
