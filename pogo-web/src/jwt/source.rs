//! Where keys come from.

use std::path::{Path, PathBuf};
use std::time::Duration;

use async_trait::async_trait;

/// Where the public keys of an issuer come from: a JWK set, as a text.
#[async_trait]
pub trait JwksSource: Send + Sync {
    /// The text as it is now.
    ///
    /// # Errors
    /// It cannot be had now. Keys that were had before go on for a while.
    async fn fetch(&self) -> Result<String, JwksError>;

    /// After how long it is asked again, so that keys that were withdrawn are forgotten. It is asked before for a key
    /// that is not known.
    fn refresh_after(&self) -> Duration {
        Duration::from_secs(300)
    }
}

/// Why keys cannot be had.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
#[non_exhaustive]
pub struct JwksError {
    /// What was seen.
    pub message: String,
}

impl JwksError {
    /// What was seen.
    pub fn new(message: impl Into<String>) -> Self {
        let message = message.into();
        Self { message }
    }
}

/// Keys in a file, which is read again every few seconds.
#[derive(Debug, Clone)]
pub struct JwksFile(PathBuf);

impl JwksFile {
    /// The keys in this file.
    pub fn at(path: impl AsRef<Path>) -> Self {
        Self(path.as_ref().to_owned())
    }
}

#[async_trait]
impl JwksSource for JwksFile {
    async fn fetch(&self) -> Result<String, JwksError> {
        let path = self.0.clone();
        let failed = |error: &dyn std::fmt::Display| JwksError::new(format!("{}: {error}", self.0.display()));
        let read = tokio::task::spawn_blocking(move || std::fs::read_to_string(path));
        let read = read.await.map_err(|error| failed(&error))?;
        read.map_err(|error| failed(&error))
    }

    fn refresh_after(&self) -> Duration {
        Duration::from_secs(5)
    }
}
