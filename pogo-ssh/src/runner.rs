//! Runs attempts and returns their outcomes.

use std::sync::Arc;

use pogo_core::dispatcher::{Attempt, Reporter, Stream};
use pogo_core::scheduler::{FailureKind, FenceAnswer, JobId, Outcome, Phase};

use crate::classify::not_started;
use crate::config::SshTransportBuilder;
use crate::context::TransportContext;
use crate::exec::{NotStarted, StopSignal};
use crate::fencing::{ask_host, fence, resume};
use crate::input::{JobInputs, SharedInputs};
use crate::link::{Connector, Link};
use crate::prepared::PreparedAttempt;
use crate::steps::run_steps;
use crate::target::Target;
use crate::targets::Targets;
use crate::{detached, reboot};

/// Runs the attempts of one transport.
#[derive(Debug)]
pub(crate) struct Runner {
    context: TransportContext,
    targets: Targets,
    pub(crate) inputs: Arc<SharedInputs>,
}

impl Runner {
    pub(crate) fn new(
        config: SshTransportBuilder,
        user: &str,
        connector: Connector,
        inputs: Arc<SharedInputs>,
    ) -> Self {
        Self {
            targets: Targets::new(&config, user),
            context: TransportContext::new(config, connector),
            inputs,
        }
    }

    /// Prepares an attempt and reports that it connects. An attempt that cannot run is refused first.
    pub(crate) async fn prepare(&self, attempt: Attempt, report: Reporter) -> Result<PreparedAttempt, Outcome> {
        let refused = |reason| Outcome::failed(FailureKind::Refused, reason);
        let stop = StopSignal::new(report.clone(), attempt.time_limit, self.context.config.stop_grace);
        let (target, inputs) = tokio::select! {
            biased;
            reason = stop.wait() => return Err(not_started(Phase::Connect, NotStarted::Stopped(reason))),
            needed = self.what_it_needs(&attempt) => needed.map_err(refused)?,
        };
        let prepared = PreparedAttempt::new(attempt, target, inputs, (report, stop), &self.context.config.gate);
        let prepared = prepared.map_err(|error| refused(error.to_string()))?;
        prepared.report.phase(Phase::Connect);
        // With the first attempt that met them: a note at the start would miss the `Match`
        // blocks that only some hosts reach.
        for note in self.targets.take_notes() {
            let note = format!("[ssh_config: {note}]\n");
            prepared.report.output(Stream::Note, note.as_bytes()).await;
        }
        Ok(prepared)
    }

    /// The attempt's target and the job's inputs.
    async fn what_it_needs(&self, attempt: &Attempt) -> Result<(Target, Arc<JobInputs>), String> {
        let target = self.target_of(attempt).await?;
        let inputs = self.inputs.of(&attempt.exec_options).await;
        let inputs = inputs.map_err(|error| error.to_string())?;
        match inputs.refusal(&attempt.exec_options) {
            Some(reason) => Err(reason),
            None => Ok((target, inputs)),
        }
    }

    async fn target_of(&self, attempt: &Attempt) -> Result<Target, String> {
        let target = self.targets.of(&attempt.host, &attempt.command).await;
        let mut target = target.map_err(|error| error.to_string())?;
        // This process's own environment may have its value, which `SendEnv *` would send to every session.
        target
            .session
            .environment
            .remove(&attempt.exec_options.secret_environment);
        Ok(target)
    }

    /// Asks the host of an attempt whose end is unknown for the state of it, and lets it begin no more.
    pub(crate) async fn fence(&self, attempt: &Attempt) -> FenceAnswer {
        let asking = async {
            let target = Arc::new(self.target_of(attempt).await?);
            ask_host(&self.context, attempt, &target).await
        };
        fence(attempt, &self.context.config.gate, Box::pin(asking)).await
    }

    /// Runs an attempt to its end.
    pub(crate) async fn run(&self, prepared: PreparedAttempt) -> Outcome {
        // Detached before resumed: following a detached attempt is the same work whether this
        // dispatcher or an earlier one launched it.
        if let Some(job) = &prepared.attempt.exec_options.detached {
            return Box::pin(detached::run(&self.context, &prepared, job)).await;
        }
        if prepared.attempt.resumed {
            return Box::pin(resume(&self.context, &prepared)).await;
        }
        if let Some(within) = prepared.attempt.exec_options.reboot {
            return Box::pin(reboot::run(&self.context, &prepared, within)).await;
        }
        // `None` also when the kept connection turned out dead before the host was asked: idle
        // ones are dropped by firewalls without a word.
        if let Some(outcome) = Box::pin(self.run_on_kept_link(&prepared)).await {
            return outcome;
        }
        // Boxed: the future of connecting is far larger than that of a connection, and is freed afterwards.
        let link = match Box::pin(self.context.connect(&prepared)).await {
            Ok(link) => link,
            Err(outcome) => return outcome,
        };
        let ran = run_steps(&self.context, &link, &prepared).await;
        // On a connection that was just made this is the attempt's end; another connection is for the job's retries.
        let outcome = ran.unwrap_or_else(Outcome::from);
        self.finish(link, &outcome, prepared.attempt.job, &prepared.target)
            .await;
        outcome
    }

    /// Runs on the idle connection of the previous attempt, if there is one and it still works.
    async fn run_on_kept_link(&self, prepared: &PreparedAttempt) -> Option<Outcome> {
        let job = prepared.attempt.job;
        let link = self.context.connector.kept(job, &prepared.target)?;
        let outcome = run_steps(&self.context, &link, prepared).await.ok()?;
        self.finish(link, &outcome, job, &prepared.target).await;
        Some(outcome)
    }

    /// Keeps the connection if another attempt may follow, and closes it otherwise.
    async fn finish(&self, link: Link, outcome: &Outcome, job: JobId, target: &Arc<Target>) {
        match outcome {
            // A successful host is not connected to again by this job, and idle connections
            // occupy slots.
            Outcome::Failed(failure) if !failure.kind.is_connect() && !link.handle.is_closed() => {
                self.context.connector.keep(job, target, link).await;
            }
            _ => link.close().await,
        }
    }
}
