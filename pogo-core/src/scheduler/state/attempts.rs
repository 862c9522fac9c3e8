//! Attempts that have not ended.

use std::hash::BuildHasherDefault;

use indexmap::IndexMap;
use rustc_hash::FxHasher;

use super::TaskAt;
use crate::Timestamp;
use crate::scheduler::{AttemptId, CancelReason, Phase};

/// Every attempt that has not ended, and the number of the next.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Attempts {
    running: IndexMap<AttemptId, Running, BuildHasherDefault<FxHasher>>,
    /// The highest number given so far.
    issued: u64,
}

/// One attempt that has not ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Running {
    pub(crate) task: TaskAt,
    pub(crate) phase: Phase,
    pub(crate) started: Timestamp,
    /// When it entered its settle phase, or was asked to end.
    pub(crate) since: Timestamp,
    pub(crate) cancelling: Option<CancelReason>,
}

impl Attempts {
    pub(crate) fn next_id(&self) -> AttemptId {
        AttemptId::new(self.issued + 1)
    }

    /// Whether this number was ever given.
    pub(crate) fn was_issued(&self, attempt: AttemptId) -> bool {
        (1..=self.issued).contains(&attempt.number())
    }

    pub(crate) fn issued(&self) -> u64 {
        self.issued
    }

    pub(crate) fn get(&self, attempt: AttemptId) -> Option<&Running> {
        self.running.get(&attempt)
    }

    pub(super) fn get_mut(&mut self, attempt: AttemptId) -> Option<&mut Running> {
        self.running.get_mut(&attempt)
    }

    pub(in crate::scheduler) fn begin(&mut self, attempt: AttemptId, running: Running) {
        self.issued = self.issued.max(attempt.number());
        self.running.insert(attempt, running);
    }

    /// Numbers up to this one were given before.
    pub(in crate::scheduler) fn resume_after(&mut self, issued: u64) {
        self.issued = issued;
    }

    pub(super) fn end(&mut self, attempt: AttemptId) -> Option<Running> {
        self.running.swap_remove(&attempt)
    }

    /// In the order of their numbers.
    pub(crate) fn in_order(&self) -> Vec<(AttemptId, Running)> {
        let mut all: Vec<_> = self
            .running
            .iter()
            .map(|(&attempt, &running)| (attempt, running))
            .collect();
        all.sort_unstable_by_key(|(attempt, _)| *attempt);
        all
    }
}
