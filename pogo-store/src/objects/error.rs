//! Why objects cannot be used.

use thiserror::Error;

/// Why a store of objects cannot be used. No message has a password in it.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum ObjectError {
    /// The text is no location.
    #[error("this is no place for objects: {message}; one is `s3://bucket/prefix` or `file:///srv/pogo/output`")]
    InvalidLocation {
        /// What is wrong with it.
        message: String,
    },
    /// The environment does not say how to use it, or the directory cannot be made.
    #[error("{location} cannot be used: {message}")]
    Unusable {
        /// The location.
        location: String,
        /// What is wrong, and the cure.
        message: String,
    },
}
