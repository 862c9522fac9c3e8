//! What the program is called, in usage and messages.

pub(crate) const NAME: &str = env!("CARGO_BIN_NAME");
