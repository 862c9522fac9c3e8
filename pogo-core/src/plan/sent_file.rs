//! A file that is sent along.

use serde::{Deserialize, Serialize};

/// A file to put on a host for the time of an attempt.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[non_exhaustive]
pub struct SentFile {
    /// Path of the file or pipe to send; `-` is the standard input of the dispatcher's process.
    pub source: String,
    /// Path on the host; a relative one is one of the login directory's. `None`: its own name in a private directory
    /// that the environment variable `POGO_FILES` names.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub destination: Option<String>,
    /// Permission bits on the host. `None`: those of the source.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mode: Option<u32>,
}

impl SentFile {
    /// This file or pipe of the dispatcher's machine, `-` for the standard input of its process.
    pub fn new(source: impl Into<String>) -> Self {
        Self {
            source: source.into(),
            destination: None,
            mode: None,
        }
    }

    /// Sets the path on the host.
    #[must_use]
    pub fn to(mut self, destination: impl Into<String>) -> Self {
        self.destination = Some(destination.into());
        self
    }

    /// Sets the permission bits on the host.
    #[must_use]
    pub fn mode(mut self, mode: u32) -> Self {
        self.mode = Some(mode);
        self
    }
}
