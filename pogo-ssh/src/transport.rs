//! The transport itself.

use std::sync::Arc;

use async_trait::async_trait;
use pogo_core::dispatcher::{Attempt, Capabilities, Reporter, Transport};
use pogo_core::scheduler::Outcome;
use tokio::task::JoinSet;

use crate::config::SshTransportBuilder;
use crate::exec::is_forced;
use crate::input::JobInputs;
use crate::runner::Runner;
use crate::setup::{self, SetupError};

/// Executes attempts over SSH. Cheap to share: keys and known hosts are read once.
///
/// See the [crate's documentation](crate) for what succeeds, what fails and what is in doubt.
#[derive(Debug)]
pub struct SshTransport {
    runner: Arc<Runner>,
    warnings: Vec<String>,
}

impl SshTransportBuilder {
    /// Reads key files and known_hosts files, and makes the transport. Connects to nothing.
    pub fn build(self) -> Result<SshTransport, SetupError> {
        SshTransport::set_up(self)
    }
}

impl SshTransport {
    /// Settings to build a transport from.
    pub fn builder() -> SshTransportBuilder {
        SshTransportBuilder::default()
    }

    fn set_up(config: SshTransportBuilder) -> Result<Self, SetupError> {
        let user = setup::default_user(&config)?;
        let (connector, warnings) = setup::connector(&config)?;
        let runner = Arc::new(Runner::new(config, &user, connector));
        Ok(Self { runner, warnings })
    }

    /// Takes what the next job with these options gives its hosts; otherwise it is read when the job's first attempt
    /// begins.
    pub fn provide(&self, inputs: JobInputs) {
        self.runner.inputs.provide(inputs);
    }

    /// Remarks for whoever set this up: files and lines that were skipped, checks that are off. One sentence each.
    pub fn warnings(&self) -> &[String] {
        &self.warnings
    }
}

#[async_trait]
impl Transport for SshTransport {
    fn capabilities(&self) -> Capabilities {
        Capabilities::default()
            .with_confirmed_cancel()
            .with_hooks()
            .with_output()
            .with_permission()
    }

    /// On a task of its own, beside its connection's: whoever awaits it is woken by its phases and its end, and not by
    /// every packet. When dropped, it is dropped too.
    async fn run(&self, attempt: Attempt, report: Reporter) -> Outcome {
        let runner = Arc::clone(&self.runner);
        // What is over with takes no room while the command runs: there may be very many of these.
        let prepared = match Box::pin(runner.prepare(attempt, report)).await {
            Ok(prepared) => prepared,
            Err(refused) => return refused,
        };
        let mut task = JoinSet::new();
        task.spawn(async move { runner.run(prepared).await });
        match task.join_next().await {
            Some(Ok(outcome)) => outcome,
            Some(Err(error)) if error.is_panic() => std::panic::resume_unwind(error.into_panic()),
            Some(Err(_)) | None => Outcome::in_doubt("the runtime it ran on has ended"),
        }
    }

    /// The host keeps a record of each attempt, and goes on with those that are detached; but not of what it runs of its own,
    /// nor across a restart.
    fn resumes(&self, attempt: &Attempt) -> bool {
        let options = &attempt.exec_options;
        options.detached.is_some() || (options.reboot.is_none() && !is_forced(attempt))
    }
}
