//! The program's name in usage and messages.

pub(crate) const NAME: &str = env!("CARGO_BIN_NAME");
