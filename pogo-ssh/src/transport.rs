//! The transport itself.

use std::sync::Arc;

use async_trait::async_trait;
use pogo_core::dispatcher::{Attempt, Capabilities, Reporter, Transport};
use pogo_core::scheduler::{FailureKind, Outcome, Phase};

use crate::classify::{Verdict, classify};
use crate::config::SshConfig;
use crate::exec::{Ended, Step, Stop, execute};
use crate::link::{Connector, Link};
use crate::output::Output;
use crate::setup::{self, SetupError};
use crate::target::Target;

/// Executes attempts over SSH. Cheap to share: keys and known hosts are read once.
///
/// See the [crate's documentation](crate) for what succeeds, what fails and what is in doubt.
#[derive(Debug)]
pub struct SshTransport {
    config: SshConfig,
    user: String,
    connector: Connector,
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
            config,
            user,
            connector,
            warnings,
        })
    }

    /// Remarks for whoever set this up: files and lines that were skipped, checks that are off. One sentence each.
    pub fn warnings(&self) -> &[String] {
        &self.warnings
    }

    async fn connect(&self, attempt: &Attempt, stop: &Stop) -> Result<Link, Outcome> {
        let target = Arc::new(Target::new(&attempt.host, &self.user, self.config.port));
        tokio::select! {
            biased;
            reason = stop.wait() => match classify(Phase::Connect, Ended::StoppedBefore(reason)) {
                Verdict::End(outcome) => Err(outcome),
                // Cannot be: being stopped is no success.
                Verdict::GoOn => Err(Outcome::failed(FailureKind::Refused, "stopped before the command began")),
            },
            connected = self.connector.connect(&target) => connected.map_err(Outcome::from),
        }
    }

    async fn run_steps(&self, link: &Link, steps: &[Step], report: &Reporter, stop: &Stop) -> Outcome {
        let mut output = Output::new(report.clone(), self.config.output_limit);
        for step in steps {
            report.phase(step.phase);
            let ended = execute(link, step, &mut output, stop).await;
            if let Verdict::End(outcome) = classify(step.phase, ended) {
                return outcome;
            }
        }
        Outcome::Succeeded
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
        let steps = match Step::of(&attempt) {
            Ok(steps) => steps,
            Err(error) => return Outcome::failed(FailureKind::Refused, error.to_string()),
        };
        report.phase(Phase::Connect);
        let link = match self.connect(&attempt, &stop).await {
            Ok(link) => link,
            Err(outcome) => return outcome,
        };
        let outcome = self.run_steps(&link, &steps, &report, &stop).await;
        link.close().await;
        outcome
    }
}
