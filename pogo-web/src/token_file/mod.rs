//! Tokens that are kept in a file, each for somebody, some time and some purpose.

mod authenticate;
mod entry;
mod file;
mod loaded;
mod secret;

pub use entry::{NewToken, TokenEntry, TokenGrant};
pub use file::{TokenFile, TokenFileError};
pub use secret::NewSecret;
