//! Makes a transport for each set of settings that jobs connect with.

use std::sync::Arc;

use async_trait::async_trait;
use pogo_core::dispatcher::{Attempt, Capabilities, Transport, TransportError, TransportFactory};
use pogo_core::plan::TransportSettings;

use crate::config::{AgentSource, SshTransportBuilder, TransportKind};
use crate::input::{JobInputs, SharedInputs};
use crate::job_secrets::JobSecretsSource;
use crate::program::ProgramTransport;
use crate::setup::SetupError;
use crate::transport::{SshTransport, resumes};

/// Makes SSH transports for a [`TransportPool`](pogo_core::dispatcher::TransportPool): what a job's settings
/// [name](SshTransportBuilder::job_settings) comes before what this builder says.
///
/// ```no_run
/// use std::sync::Arc;
/// use pogo_core::dispatcher::{Dispatcher, TransportPool};
/// use pogo_ssh::{SshTransport, SshTransports};
///
/// # async fn example() -> Result<(), Box<dyn std::error::Error>> {
/// let transports = SshTransports::new(SshTransport::builder()).on_warning(|warning| eprintln!("{warning}"));
/// let transport = Arc::new(TransportPool::new(transports));
/// let (dispatcher, handle) = Dispatcher::builder(Arc::clone(&transport) as _).build().await?;
/// # drop((dispatcher, handle)); Ok(())
/// # }
/// ```
pub struct SshTransports {
    builder: SshTransportBuilder,
    inputs: Arc<SharedInputs>,
    secrets: Option<Arc<dyn JobSecretsSource>>,
    warn: Box<dyn Fn(&str) + Send + Sync>,
}

impl SshTransports {
    /// Makes transports with the settings of this builder.
    pub fn new(builder: SshTransportBuilder) -> Self {
        Self {
            builder,
            inputs: Arc::default(),
            secrets: None,
            warn: Box::new(|_| ()),
        }
    }

    /// Supplies the inputs of the next job with these options; otherwise they are read when the job's first attempt
    /// begins.
    pub fn provide(&self, inputs: JobInputs) {
        self.inputs.provide(inputs);
    }

    /// Sets who has the secrets of jobs that name some by the setting `secrets`. A job whose secrets are not there
    /// waits for them, and no host fails for it. Default: nobody.
    #[must_use]
    pub fn secrets(mut self, source: impl JobSecretsSource + 'static) -> Self {
        self.secrets = Some(Arc::new(source));
        self
    }

    /// Sets who knows of agents that stand in for one that cannot be asked any more. A host that refuses a login for
    /// the want of an agent then does not fail: its attempt never began, and waits until the agent, or one in its
    /// place, answers. Default: nobody, and the login fails.
    #[must_use]
    pub fn agents(mut self, source: impl AgentSource + 'static) -> Self {
        self.builder.agents = Some(Arc::new(source));
        self
    }

    /// The builder and the inputs of a job with these settings.
    fn with_secrets(
        &self,
        builder: SshTransportBuilder,
        settings: &TransportSettings,
    ) -> Result<(SshTransportBuilder, Arc<SharedInputs>), TransportError> {
        let Some(id) = settings.value("secrets") else {
            return Ok((builder, Arc::clone(&self.inputs)));
        };
        let secrets = self.secrets.as_ref().and_then(|source| source.secrets(id));
        let secrets = secrets.ok_or_else(|| {
            TransportError::not_ready(
                "its passwords or secret variables are not here: they are in memory alone, and whoever submitted the \
                 job has to give them again",
            )
        })?;
        let inputs = SharedInputs::with_secrets(secrets.variables.clone());
        Ok((secrets.apply(builder), Arc::new(inputs)))
    }

    /// Sets who hears of [warnings](SshTransport::warnings) when a transport is made. Default: nobody.
    #[must_use]
    pub fn on_warning(mut self, warn: impl Fn(&str) + Send + Sync + 'static) -> Self {
        self.warn = Box::new(warn);
        self
    }
}

#[async_trait]
impl TransportFactory for SshTransports {
    fn capabilities(&self) -> Capabilities {
        SshTransport::CAPABILITIES
    }

    fn resumes(&self, attempt: &Attempt) -> bool {
        TransportKind::of(&attempt.transport_settings).is_ok_and(|kind| match kind {
            TransportKind::Builtin => resumes(attempt),
            TransportKind::Program => false,
        })
    }

    async fn make(&self, settings: &TransportSettings) -> Result<Arc<dyn Transport>, TransportError> {
        let invalid = |error: crate::JobSettingsError| TransportError::invalid(error.to_string());
        let kind = TransportKind::of(settings).map_err(invalid)?;
        let builder = self.builder.clone().job_settings(settings).map_err(invalid)?;
        let (builder, inputs) = self.with_secrets(builder, settings)?;
        // Key files and programs of a configuration are read.
        let made = tokio::task::spawn_blocking(move || {
            Ok::<(Arc<dyn Transport>, _), SetupError>(match kind {
                TransportKind::Builtin => {
                    let transport = SshTransport::set_up(builder, inputs)?;
                    let warnings = transport.warnings().to_vec();
                    (Arc::new(transport), warnings)
                }
                TransportKind::Program => (Arc::new(ProgramTransport::set_up(builder, inputs)?), vec![]),
            })
        });
        let made = made
            .await
            .map_err(|error| TransportError::not_ready(error.to_string()))?;
        // A file that is missing today may be there tomorrow, and no host is to blame.
        let (transport, warnings) = made.map_err(|error| TransportError::not_ready(error.to_string()))?;
        warnings.iter().for_each(|warning| (self.warn)(warning));
        Ok(transport)
    }
}
