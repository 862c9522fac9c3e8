//! Why objects cannot be used.

use thiserror::Error;

/// Why a store of objects cannot be used. No message has a password in it.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum ObjectError {
    /// The text is no location.
    #[error("this is no location of objects: {message}; one is `s3://bucket/prefix` or `file:///srv/pogo/output`")]
    InvalidLocation {
        /// What is wrong with it.
        message: String,
    },
    /// The login or a setting is missing or invalid, or the directory cannot be created.
    #[error("{location} cannot be used: {message}")]
    Unusable {
        /// The location.
        location: String,
        /// What is wrong, and the cure.
        message: String,
    },
}
