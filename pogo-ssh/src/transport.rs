//! The transport itself.

use std::sync::Arc;

use async_trait::async_trait;
use pogo_core::dispatcher::{Attempt, Capabilities, Reporter, Transport};
use pogo_core::scheduler::{FailureKind, JobId, Outcome, Phase};

use crate::classify::{Verdict, classify};
use crate::config::SshConfig;
use crate::exec::{Ended, Parcels, Passwords, Stop};
use crate::link::{Connector, Link};
use crate::setup::{self, SetupError};
use crate::target::Target;
use crate::targets::Targets;
use crate::work::{Ran, Work};

/// Executes attempts over SSH. Cheap to share: keys and known hosts are read once.
///
/// See the [crate's documentation](crate) for what succeeds, what fails and what is in doubt.
#[derive(Debug)]
pub struct SshTransport {
    pub(crate) config: SshConfig,
    targets: Targets,
    pub(crate) connector: Connector,
    pub(crate) passwords: Passwords,
    parcels: Parcels,
    warnings: Vec<String>,
}

impl SshTransport {
    /// The settings to make one of.
    pub fn builder() -> SshConfig {
        SshConfig::default()
    }

    pub(crate) fn set_up(config: SshConfig) -> Result<Self, SetupError> {
        let user = setup::default_user(&config)?;
        let (connector, warnings) = setup::connector(&config)?;
        Ok(Self {
            passwords: Passwords::new(&config),
            targets: Targets::new(&config, &user),
            config,
            connector,
            parcels: Parcels::default(),
            warnings,
        })
    }

    /// Remarks for whoever set this up: files and lines that were skipped, checks that are off. One sentence each.
    pub fn warnings(&self) -> &[String] {
        &self.warnings
    }

    pub(crate) async fn connect(&self, target: &Arc<Target>, stop: &Stop) -> Result<Link, Outcome> {
        tokio::select! {
            biased;
            reason = stop.wait() => match classify(Phase::Connect, Ended::StoppedBefore(reason)) {
                Verdict::End(outcome) => Err(outcome),
                // Cannot be: being stopped is no success.
                Verdict::GoOn => Err(Outcome::failed(FailureKind::Refused, "stopped before the command began")),
            },
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

#[async_trait]
impl Transport for SshTransport {
    fn capabilities(&self) -> Capabilities {
        Capabilities::default()
            .with_confirmed_cancel()
            .with_hooks()
            .with_output()
    }

    async fn run(&self, attempt: Attempt, report: Reporter) -> Outcome {
        let stop = Stop::new(report.clone(), attempt.time_limit, self.config.stop_grace);
        let target = match self.targets.of(&attempt.host) {
            Ok(target) => Arc::new(target),
            Err(error) => return Outcome::failed(FailureKind::Refused, error.to_string()),
        };
        let work = match Work::prepare(attempt, report, stop, &self.parcels).await {
            Ok(work) => work,
            Err(reason) => return Outcome::failed(FailureKind::Refused, reason),
        };
        work.report.phase(Phase::Connect);
        if let Some(job) = &work.attempt.invocation.detached {
            return self.run_detached(&work, &target, job).await;
        }
        if let Some(outcome) = self.run_kept(&work, &target).await {
            return outcome;
        }
        let link = match self.connect(&target, &work.stop).await {
            Ok(link) => link,
            Err(outcome) => return outcome,
        };
        let (Ran::To(outcome) | Ran::NeverAsked(outcome)) = self.run_steps(&link, &work, &target).await;
        self.finish(link, &outcome, work.attempt.job, &target).await;
        outcome
    }

    /// Detached attempts outlive their connection, and the host knows each by its number.
    fn resumes(&self, attempt: &Attempt) -> bool {
        attempt.invocation.detached.is_some()
    }
}
