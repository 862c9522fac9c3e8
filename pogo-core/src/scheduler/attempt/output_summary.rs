//! A summary of an attempt's output.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::Digest;

/// The length of an attempt's output, and the digest of the stored part.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[non_exhaustive]
pub struct OutputSummary {
    /// How many bytes it wrote, including those that were not stored.
    pub length: u64,
    /// The digest of the stored part: a different digest means that a part of it is lost.
    pub digest: Digest,
}

impl fmt::Display for OutputSummary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} bytes, digest {}", self.length, self.digest)
    }
}

impl OutputSummary {
    /// Creates a summary.
    pub const fn new(length: u64, digest: Digest) -> Self {
        Self { length, digest }
    }
}
