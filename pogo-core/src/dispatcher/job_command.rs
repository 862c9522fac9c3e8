//! What the attempts of a job share.

use std::sync::Arc;

use crate::plan::{ExecOptions, JobSpec, RemoteCommand, TransportSettings};

/// Data shared by all attempts of a job.
#[derive(Clone)]
pub(super) struct JobCommand {
    pub(super) command: Arc<RemoteCommand>,
    pub(super) exec_options: Arc<ExecOptions>,
    pub(super) transport_settings: TransportSettings,
}

impl JobCommand {
    pub(super) fn of(spec: &JobSpec) -> Self {
        Self {
            command: Arc::new(spec.command.clone()),
            exec_options: Arc::new(spec.exec_options.clone()),
            transport_settings: spec.transport_settings.clone(),
        }
    }
}
