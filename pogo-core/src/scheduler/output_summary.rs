//! What is known of an attempt's output when it ends.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::Digest;

/// How much an attempt wrote, and what was kept of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[non_exhaustive]
pub struct OutputSummary {
    /// How many bytes it wrote, those that were not kept included.
    pub length: u64,
    /// The digest of what was kept: what is read later and has another one is not all of it.
    pub digest: Digest,
}

impl fmt::Display for OutputSummary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} bytes, digest {}", self.length, self.digest)
    }
}

impl OutputSummary {
    /// Of an attempt that wrote so much, of which that was kept.
    pub const fn new(length: u64, digest: Digest) -> Self {
        Self { length, digest }
    }
}
