//! An attempt with everything that it needs, before its host is connected to.

use std::sync::Arc;

use pogo_core::dispatcher::{Attempt, Reporter};
use pogo_core::scheduler::Phase;

use crate::config::GateOptions;
use crate::exec::{InvalidAttempt, Session, StopSignal, check_attempt};
use crate::input::JobInputs;
use crate::target::Target;

/// An attempt that can be run.
pub(crate) struct PreparedAttempt {
    pub(crate) attempt: Attempt,
    pub(crate) target: Arc<Target>,
    /// What it runs where no files are sent along.
    pub(crate) sessions: Vec<Session>,
    pub(crate) inputs: Arc<JobInputs>,
    pub(crate) report: Reporter,
    pub(crate) stop: StopSignal,
}

impl PreparedAttempt {
    /// The step after which nothing is left to run.
    pub(crate) fn last_phase(&self) -> Phase {
        let last = self.sessions.last().and_then(|session| session.phases.last());
        last.copied().unwrap_or(Phase::Command)
    }

    /// Refuses what cannot be run, before anything is begun.
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
