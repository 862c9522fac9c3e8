//! SSH through the `ssh` program.

mod arguments;
mod asking;
mod context;
mod failure;
mod master;
mod session;
mod session_end;
mod transport;

pub use transport::ProgramTransport;
