//! Every refusal happens here, before any change.

use std::sync::Arc;

use super::check_hold::{EndedHolds, NewHolds};
use super::said::Said;
use super::state::{Compiled, State, TaskAt};
use super::{
    Answer, AttemptId, Epoch, FenceAnswer, Input, InputError, JobId, JobUpdate, Outcome, OutputSummary, OwnerId, Phase,
};
use crate::Timestamp;
use crate::fleet::{Fleet, HostName, Selector};
use crate::plan::JobSpec;
use crate::policy::Policy;

/// A valid input, with the results of checking it.
pub(super) enum Checked {
    Configure {
        fleet: Arc<Fleet>,
        policy: Arc<Policy>,
        next: Box<State>,
    },
    Submit {
        job: JobId,
        spec: Arc<JobSpec>,
        compiled: Compiled,
        /// The job that has retired whose hosts it tries again.
        retry_of: Option<JobId>,
    },
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
        order: Box<Checked>,
        said: Box<Said>,
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
    Recover {
        resumed: Vec<AttemptId>,
    },
    Drain {
        cancel: Vec<AttemptId>,
    },
    Pause {
        job: JobId,
    },
    Resume {
        job: JobId,
    },
    Halt {
        job: JobId,
    },
    Abort {
        job: JobId,
    },
    Promote {
        job: JobId,
        wave: u32,
    },
    Freeze {
        hosts: Selector,
    },
    Thaw {
        hosts: Selector,
    },
    Retry {
        tasks: Vec<TaskAt>,
    },
    Skip {
        tasks: Vec<TaskAt>,
    },
    /// Of a job that has retired.
    SkipRetired {
        job: JobId,
        hosts: Vec<HostName>,
    },
    Alter {
        job: JobId,
        change: JobUpdate,
    },
    Mark {
        host: HostName,
        down: bool,
    },
    Hold(NewHolds),
    Release(EndedHolds),
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
