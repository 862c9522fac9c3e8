//! Real SSH servers in this process, for demos and tests.
//!
//! Each host of a [`LoopbackFleet`] is an SSH server on its own loopback address. It runs commands
//! in a local shell, as the user of this process, in its own home directory below a temporary directory. Hooks
//! are real files in that home, and a [`Fault`] makes a host misbehave.
//!
//! ```
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! use pogo_ssh::loopback::{LoopbackFleet, Fault};
//!
//! let fleet = LoopbackFleet::start(["web1", "web2"]).await?;
//! fleet.inject("web2", Fault::FailWith(3))?;
//! fleet.host("web1")?.add_pre_hook("10-drain", "#!/bin/sh\necho draining\n")?;
//!
//! // A transport that trusts these hosts and can log in to them, and the connection settings of one.
//! let transport = fleet.transport().build()?;
//! let connection = fleet.connection("web1")?;
//! assert!(connection.address.is_some());
//! # drop(transport);
//! # Ok(())
//! # }
//! ```

mod addresses;
mod error;
mod fault;
mod fleet;
mod gauge;
mod host;
mod listener;
mod processes;
mod session;
mod shared;
mod shell;

pub use error::LoopbackError;
pub use fault::Fault;
pub use fleet::LoopbackFleet;
pub use host::LoopbackHost;
