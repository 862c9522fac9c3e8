//! SSH transport for pogo.

mod classify;
mod config;
mod exec;
mod link;
#[cfg(feature = "loopback")]
pub mod loopback;
mod output;
mod quote;
mod setup;
mod severable;
mod target;
mod transport;
mod trust;

pub use config::{Agent, SshConfig};
pub use setup::SetupError;
pub use transport::SshTransport;
pub use trust::HostKeyPolicy;
