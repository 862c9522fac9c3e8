//! The settings of a transport.

use std::time::Duration;

mod agent;
mod builder;
mod connect_options;
mod connecting;
mod gate_options;

pub use agent::Agent;
pub use builder::SshTransportBuilder;
pub(crate) use connect_options::ConnectOptions;
pub(crate) use gate_options::GateOptions;

/// Longer times than this are as good as this, and clocks can still be added up.
pub(crate) const LONGEST: Duration = Duration::from_secs(365 * 24 * 60 * 60);
