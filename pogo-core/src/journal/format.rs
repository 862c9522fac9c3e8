//! What is stored.

use serde::{Deserialize, Serialize};

use super::Seq;
use crate::scheduler::Record;

/// The version of the stored form of records. It is read before anything else; a reader refuses what is newer.
pub const FORMAT_VERSION: u32 = 1;

/// Records that become durable together or not at all. Its position and its records are what it is known by: the same ones
/// appended again are the same commit.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Commit {
    /// Version of the stored form.
    pub version: u32,
    /// Where it stands in the journal: exactly there, or nowhere.
    pub at: Seq,
    /// What happened, in order.
    pub records: Vec<Record>,
}

impl Commit {
    /// A commit in today's form.
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
