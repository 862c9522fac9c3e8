//! Maps whose keys are numbers, found in constant time: what a report costs must not grow with the jobs beside it.

use hashbrown::{HashMap, HashSet};
use indexmap::IndexMap;
use rustc_hash::FxBuildHasher;

use super::JobId;

/// A map that nobody iterates over, so that its order does not matter.
// An `IndexMap` would keep values apart from its table and move the last one into each gap: three fetches from memory more for
// each that is taken out, which is what a report costs where ten thousand jobs run.
pub(crate) type FastMap<K, V> = HashMap<K, V, FxBuildHasher>;

/// A set whose members are sorted before their order matters.
pub(crate) type FastSet<K> = HashSet<K, FxBuildHasher>;

/// Values by job, in the order of the jobs.
///
/// Jobs are numbered in the order in which they come and are never taken out, so keeping them in order costs nothing; a tree
/// would be searched some fifty times for each report.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct JobMap<V>(IndexMap<JobId, V, FxBuildHasher>);

impl<V> Default for JobMap<V> {
    fn default() -> Self {
        Self(IndexMap::default())
    }
}

impl<V> JobMap<V> {
    pub(crate) fn get(&self, job: &JobId) -> Option<&V> {
        self.0.get(job)
    }

    pub(crate) fn get_mut(&mut self, job: &JobId) -> Option<&mut V> {
        self.0.get_mut(job)
    }

    pub(crate) fn contains_key(&self, job: &JobId) -> bool {
        self.0.contains_key(job)
    }

    /// Puts a value in its place, and gives back the one that was there.
    pub(crate) fn insert(&mut self, job: JobId, value: V) -> Option<V> {
        self.0.insert_sorted(job, value).1
    }

    /// The job with the highest number.
    pub(crate) fn last(&self) -> Option<JobId> {
        self.0.last().map(|(job, _)| *job)
    }

    pub(crate) fn values(&self) -> impl Iterator<Item = &V> {
        self.0.values()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn jobs_are_in_order_whichever_came_first() {
        let mut jobs = JobMap::default();
        for number in [3, 1, 7, 2] {
            assert_eq!(jobs.insert(JobId::new(number), number), None);
        }
        assert_eq!(jobs.insert(JobId::new(7), 8), Some(7));
        assert_eq!(jobs.values().copied().collect::<Vec<_>>(), [1, 2, 3, 8]);
        assert_eq!(jobs.get(&JobId::new(2)), Some(&2));
    }
}
