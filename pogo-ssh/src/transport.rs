//! The transport.

use std::sync::Arc;

use async_trait::async_trait;
use pogo_core::dispatcher::{Attempt, Capabilities, Fence, Reporter, Transport};
use pogo_core::scheduler::{FenceAnswer, Outcome};
use pogo_ssh_config::ClientConfig;
use tokio::task::JoinSet;

use crate::config::SshTransportBuilder;
use crate::exec::is_forced;
use crate::input::{JobInputs, SharedInputs};
use crate::runner::Runner;
use crate::setup::{self, SetupError};

/// Runs attempts over SSH. Keys and known hosts are read when it is built, and again when their files have changed. The
/// [client configuration](SshTransportBuilder::client_config) is read once: where it has changed, the transport is
/// [outdated](Transport::is_outdated).
///
/// See the [crate's documentation](crate) for the outcomes.
#[derive(Debug)]
pub struct SshTransport {
    runner: Arc<Runner>,
    warnings: Vec<String>,
    client_config: Option<Arc<ClientConfig>>,
}

impl SshTransportBuilder {
    /// Reads key files and known_hosts files and builds the transport. Connects to nothing.
    pub fn build(self) -> Result<SshTransport, SetupError> {
        SshTransport::set_up(self, Arc::default())
    }
}

impl SshTransport {
    /// Those of the transport through the `ssh` program too.
    pub(crate) const CAPABILITIES: Capabilities = Capabilities::NONE
        .with_confirmed_cancel()
        .with_hooks()
        .with_output()
        .with_permission()
        .with_fences();

    /// Returns a builder with the default settings.
    pub fn builder() -> SshTransportBuilder {
        SshTransportBuilder::default()
    }

    pub(crate) fn set_up(config: SshTransportBuilder, inputs: Arc<SharedInputs>) -> Result<Self, SetupError> {
        let user = setup::default_user(&config)?;
        let (connector, warnings) = setup::connector(&config)?;
        let client_config = config.connect.client_config.clone();
        let runner = Arc::new(Runner::new(config, &user, connector, inputs));
        Ok(Self {
            runner,
            warnings,
            client_config,
        })
    }

    /// Supplies the inputs of the next job with these options; otherwise they are read when the job's first attempt
    /// begins.
    pub fn provide(&self, inputs: JobInputs) {
        self.runner.inputs.provide(inputs);
    }

    /// Warnings about the configuration: skipped files and lines, disabled checks. One sentence each.
    pub fn warnings(&self) -> &[String] {
        &self.warnings
    }
}

#[async_trait]
impl Transport for SshTransport {
    fn capabilities(&self) -> Capabilities {
        Self::CAPABILITIES
    }

    /// Runs on its own task, beside its connection's: the caller is woken by its phases and its end, and not by
    /// every packet. Dropping the future drops the task.
    async fn run(&self, attempt: Attempt, report: Reporter) -> Outcome {
        let runner = Arc::clone(&self.runner);
        // Boxed and freed before the command runs: there may be very many of these.
        let prepared = match Box::pin(runner.prepare(attempt, report)).await {
            Ok(prepared) => prepared,
            Err(refused) => return refused,
        };
        let mut task = JoinSet::new();
        // A `JoinSet`, because it aborts its task when dropped; a plain `JoinHandle` would let
        // the attempt run on unobserved.
        task.spawn(async move { runner.run(prepared).await });
        match task.join_next().await {
            Some(Ok(outcome)) => outcome,
            // A panic stays a panic: as an outcome it would look like the host's fault.
            Some(Err(error)) if error.is_panic() => std::panic::resume_unwind(error.into_panic()),
            Some(Err(_)) | None => Outcome::in_doubt("the runtime it ran on has ended"),
        }
    }

    /// True where the host keeps a record of its attempts: not for forced commands,
    /// nor for attempts that restart their host.
    fn resumes(&self, attempt: &Attempt) -> bool {
        resumes(attempt)
    }

    fn is_outdated(&self) -> bool {
        self.client_config.as_ref().is_some_and(|config| config.has_changed())
    }

    /// Asks the host's record. Hosts with a forced command cannot be asked.
    async fn fence(&self, fence: Fence) -> FenceAnswer {
        self.runner.fence(&fence.attempt).await
    }
}

/// Whether the host's record tells how the attempt ended.
pub(crate) fn resumes(attempt: &Attempt) -> bool {
    let options = &attempt.exec_options;
    options.detached.is_some() || (options.reboot.is_none() && !is_forced(attempt))
}
