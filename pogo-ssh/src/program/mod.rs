//! SSH through the `ssh` program.

mod arguments;
mod failure;
mod master;
mod session;
mod told;
mod transport;

pub use transport::ProgramTransport;
