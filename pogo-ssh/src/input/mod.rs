//! What a job gives its hosts: standard input and files, read once for all attempts.

mod content;
mod error;
mod job;
mod shared;
mod source;

pub(crate) use content::Content;
pub use error::InputError;
pub use job::JobInputs;
pub(crate) use shared::SharedInputs;
