//! The stored form of commits.

use serde::{Deserialize, Serialize};

use super::Seq;
use crate::scheduler::Record;

/// The version of the stored form of records. It is read before anything else; a reader refuses newer ones.
pub const FORMAT_VERSION: u32 = 1;

/// Records that become durable together or not at all. Position and records identify it: the same ones
/// appended again are the same commit.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Commit {
    /// Version of the stored form.
    pub version: u32,
    /// Its position in the journal: exactly there, or nowhere.
    pub at: Seq,
    /// The records, in order.
    pub records: Vec<Record>,
}

impl Commit {
    /// Creates a commit of the current version.
    pub fn new(at: Seq, records: Vec<Record>) -> Self {
        Self {
            version: FORMAT_VERSION,
            at,
            records,
        }
    }

    /// The position after it.
    pub fn end(&self) -> Seq {
        Seq(self.at.0 + u64::try_from(self.records.len()).unwrap_or(u64::MAX))
    }
}
