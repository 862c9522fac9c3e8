//! What runs attempts, shared by all of them.

use std::sync::Arc;

use pogo_core::dispatcher::{Attempt, Reporter, Stream};
use pogo_core::scheduler::{FailureKind, JobId, Outcome, Phase};

use crate::classify::{Verdict, classify};
use crate::config::SshConfig;
use crate::exec::{Ended, Passwords, Stop, StopReason};
use crate::input::SharedInputs;
use crate::link::{Connector, Link};
use crate::target::Target;
use crate::targets::Targets;
use crate::work::{Ran, Work};

/// Runs attempts; keys and known hosts are read once.
#[derive(Debug)]
pub(crate) struct Runner {
    pub(crate) config: SshConfig,
    pub(crate) connector: Connector,
    pub(crate) passwords: Passwords,
    targets: Targets,
    pub(crate) inputs: SharedInputs,
}

impl Runner {
    pub(crate) fn new(config: SshConfig, user: &str, connector: Connector) -> Self {
        Self {
            passwords: Passwords::new(&config),
            targets: Targets::new(&config, user),
            config,
            connector,
            inputs: SharedInputs::default(),
        }
    }

    /// Gets ready to run an attempt, and says that it begins. What cannot be done is refused before.
    pub(crate) async fn prepare(&self, attempt: Attempt, report: Reporter) -> Result<(Work, Arc<Target>), Outcome> {
        let refused = |reason| Outcome::failed(FailureKind::Refused, reason);
        let stop = Stop::new(report.clone(), attempt.time_limit, self.config.stop_grace);
        let target = tokio::select! {
            biased;
            reason = stop.wait() => return Err(stopped(reason)),
            target = self.targets.of(&attempt.host, &attempt.command) => target,
        };
        let target = target.map_err(|error| refused(error.to_string()))?;
        let inputs = tokio::select! {
            biased;
            reason = stop.wait() => return Err(stopped(reason)),
            inputs = self.inputs.of(&attempt.invocation) => inputs.map_err(|error| refused(error.to_string()))?,
        };
        if let Some(reason) = inputs.refusal(&attempt.invocation) {
            return Err(refused(reason));
        }
        let work = Work::prepare(attempt, report, stop, inputs);
        let work = work.map_err(|error| refused(error.to_string()))?;
        work.report.phase(Phase::Connect);
        for note in self.targets.take_notes() {
            let note = format!("[ssh_config: {note}]\n");
            work.report.output(Stream::Note, note.as_bytes());
        }
        Ok((work, Arc::new(target)))
    }

    /// Runs an attempt to its end.
    pub(crate) async fn run(&self, (work, target): (Work, Arc<Target>)) -> Outcome {
        if let Some(job) = &work.attempt.invocation.detached {
            return Box::pin(self.run_detached(&work, &target, job)).await;
        }
        if let Some(within) = work.attempt.invocation.reboot {
            return Box::pin(self.run_with_reboot(&work, &target, within)).await;
        }
        if let Some(outcome) = Box::pin(self.run_kept(&work, &target)).await {
            return outcome;
        }
        // Connecting takes far more room than being connected, and gives it back.
        let link = match Box::pin(self.connect(&target, &work.stop)).await {
            Ok(link) => link,
            Err(outcome) => return outcome,
        };
        let (Ran::To(outcome) | Ran::NeverAsked(outcome)) = self.run_steps(&link, &work, &target).await;
        self.finish(link, &outcome, work.attempt.job, &target).await;
        outcome
    }

    pub(crate) async fn connect(&self, target: &Arc<Target>, stop: &Stop) -> Result<Link, Outcome> {
        tokio::select! {
            biased;
            reason = stop.wait() => Err(stopped(reason)),
            connected = self.connector.connect(target) => connected.map_err(Outcome::from),
        }
    }

    /// Runs on the connection that was kept from the attempt before, if there is one and it still works.
    async fn run_kept(&self, work: &Work, target: &Arc<Target>) -> Option<Outcome> {
        let link = self.connector.kept(work.attempt.job, target)?;
        match self.run_steps(&link, work, target).await {
            Ran::NeverAsked(_) => None,
            Ran::To(outcome) => {
                self.finish(link, &outcome, work.attempt.job, target).await;
                Some(outcome)
            }
        }
    }

    /// Keeps the connection where another attempt may follow, and closes it otherwise.
    async fn finish(&self, link: Link, outcome: &Outcome, job: JobId, target: &Arc<Target>) {
        match outcome {
            Outcome::Failed(failure) if !failure.kind.is_connect() && !link.handle.is_closed() => {
                self.connector.keep(job, target, link).await;
            }
            _ => link.close().await,
        }
    }
}

/// Ended before anything ran.
pub(crate) fn stopped(reason: StopReason) -> Outcome {
    match classify(Phase::Connect, Ended::StoppedBefore(reason)) {
        Verdict::End(outcome) => outcome,
        // Cannot be: being stopped is no success.
        Verdict::GoOn => Outcome::failed(FailureKind::Refused, "stopped before the command began"),
    }
}
