//! The settings of a transport.

use std::time::Duration;

mod agent;
mod builder;
mod connect_options;
mod connecting;
mod gate_options;
mod job_settings;

pub use agent::{Agent, AgentSource};
pub use builder::SshTransportBuilder;
pub(crate) use connect_options::ConnectOptions;
pub(crate) use gate_options::GateOptions;
pub use job_settings::JobSettingsError;
pub(crate) use job_settings::TransportKind;

/// Longer durations are cut to this, so that adding them to a time cannot overflow.
pub(crate) const LONGEST: Duration = Duration::from_secs(365 * 24 * 60 * 60);
