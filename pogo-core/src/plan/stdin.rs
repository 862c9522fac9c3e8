//! What a command reads.

use serde::{Deserialize, Serialize};

/// What a command reads on standard input.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Stdin {
    /// Nothing.
    #[default]
    Empty,
    /// This text.
    Text(String),
    /// These bytes.
    Bytes(Vec<u8>),
    /// What this file or pipe holds; `-` is the standard input of the dispatcher's process.
    File(String),
}

impl Stdin {
    /// Whether there is nothing to read.
    pub fn is_empty(&self) -> bool {
        *self == Self::Empty
    }
}
