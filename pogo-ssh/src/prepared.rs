//! An attempt that is checked and prepared, before its host is connected to.

use std::sync::Arc;

use pogo_core::dispatcher::{Attempt, Reporter};
use pogo_core::scheduler::Phase;

use crate::config::GateOptions;
use crate::exec::{InvalidAttempt, Session, StopSignal, check_attempt};
use crate::input::JobInputs;
use crate::target::Target;

/// A prepared attempt.
pub(crate) struct PreparedAttempt {
    pub(crate) attempt: Attempt,
    pub(crate) target: Arc<Target>,
    /// Its sessions, if no files are uploaded.
    pub(crate) sessions: Vec<Session>,
    pub(crate) inputs: Arc<JobInputs>,
    pub(crate) report: Reporter,
    pub(crate) stop: StopSignal,
}

impl PreparedAttempt {
    /// Its last step.
    pub(crate) fn last_phase(&self) -> Phase {
        let last = self.sessions.last().and_then(|session| session.phases.last());
        last.copied().unwrap_or(Phase::Command)
    }

    /// Prepares an attempt; refuses one that cannot run.
    pub(crate) fn new(
        attempt: Attempt,
        target: Target,
        inputs: Arc<JobInputs>,
        (report, stop): (Reporter, StopSignal),
        gate: &GateOptions,
    ) -> Result<Self, InvalidAttempt> {
        check_attempt(&attempt)?;
        Ok(Self {
            sessions: Session::all_of(&attempt, None, Some(gate)),
            target: Arc::new(target),
            attempt,
            inputs,
            report,
            stop,
        })
    }
}
