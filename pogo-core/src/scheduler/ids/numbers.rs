//! Names for jobs, attempts and owners.

use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

/// One job of a namespace, numbered by the scheduler from 1 and never reused in a namespace. Prints as `job-3`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(transparent)]
pub struct JobId(u64);

impl JobId {
    /// By how much numbers grow with each [incarnation](crate::scheduler::Incarnation) of a namespace: more jobs than
    /// are ever submitted.
    pub(crate) const GAP: u64 = 1 << 31;

    /// The job with this number.
    pub const fn new(number: u64) -> Self {
        Self(number)
    }

    /// The job's number.
    pub const fn number(self) -> u64 {
        self.0
    }

    /// An id that is unique among the jobs that a scheduler knows, in half the room.
    #[allow(clippy::cast_possible_truncation, reason = "that is the point")]
    pub(crate) const fn index(self) -> JobIndex {
        // Half the size: it stands in each entry of the agenda and of the lines of those that wait.
        JobIndex((self.0 % JobId::GAP) as u32)
    }
}

/// The number of a job without what restores have added to it. They add multiples of [`JobId::GAP`], so these are in
/// the same order as the numbers, and no two jobs of a namespace have the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct JobIndex(u32);

impl JobIndex {
    pub(crate) const fn number(self) -> u32 {
        self.0
    }
}

impl fmt::Display for JobId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "job-{}", self.0)
    }
}

/// How often a namespace was restored from a copy of its journal, or went on with one that had lost its last records: 0
/// for one that never was. Numbers of jobs and attempts grow by 2^31 with each, so that none is given again that was
/// given after the copy was made. Prints as `incarnation 1`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(transparent)]
pub struct Incarnation(pub u64);

impl Incarnation {
    /// The last one, so that numbers fit.
    pub(in crate::scheduler) const MAX: Self = Self(1 << 30);

    /// By how much the numbers of this incarnation are higher than those of an earlier one.
    pub(in crate::scheduler) fn raises_from(self, earlier: Self) -> u64 {
        JobId::GAP.saturating_mul(self.0.saturating_sub(earlier.0))
    }
}

impl fmt::Display for Incarnation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "incarnation {}", self.0)
    }
}

/// One attempt at one task, numbered by the scheduler from 1 and never reused in a namespace. Prints as `a17`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(transparent)]
pub struct AttemptId(u64);

impl AttemptId {
    /// No attempt: numbers begin at 1.
    pub(crate) const NONE: Self = Self(0);

    /// The attempt with this number.
    pub const fn new(number: u64) -> Self {
        Self(number)
    }

    /// The attempt's number.
    pub const fn number(self) -> u64 {
        self.0
    }
}

impl fmt::Display for AttemptId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "a{}", self.0)
    }
}

/// Who owns a journal: a name for people, such as host and process.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(transparent)]
pub struct OwnerId(pub Arc<str>);

impl fmt::Display for OwnerId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// How often the journal has changed hands. Appends of an earlier epoch are refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(transparent)]
pub struct Epoch(pub u64);

impl fmt::Display for Epoch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "epoch {}", self.0)
    }
}
