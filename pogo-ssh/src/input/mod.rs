//! Inputs of a job: standard input, files and secrets, read once for all attempts.

mod command_input;
mod content;
mod error;
mod job;
mod secrets;
mod shared;
mod source;

pub(crate) use command_input::CommandInput;
pub(crate) use content::Content;
pub use error::JobInputsError;
pub use job::JobInputs;
pub(crate) use secrets::{READ_SECRETS, Secrets};
pub(crate) use shared::SharedInputs;
