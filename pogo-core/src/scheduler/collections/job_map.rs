//! Maps with constant-time lookup: the cost of a report must not grow with the number of other jobs.

use std::collections::VecDeque;

use hashbrown::{HashMap, HashSet};

use super::DenseHash;
use crate::scheduler::JobId;
use crate::scheduler::ids::JobIndex;

/// A map by numbers that are given in order, such as those of jobs. It is never iterated over, so that its order does
/// not matter.
// An `IndexMap` would store values apart from its table and move the last one into each gap: three more cache misses
// for each removal, as much as a whole report costs with ten thousand jobs.
pub(crate) type FastMap<K, V> = HashMap<K, V, DenseHash>;

/// A set whose members are sorted before their order matters.
pub(crate) type FastSet<K> = HashSet<K, DenseHash>;

/// Values by job, in the order of the jobs.
///
/// Jobs are numbered in the order of submission, so a sorted list of their numbers is an index; a tree would be
/// searched some fifty times for each report, and a hash table would be one more cache miss.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct JobMap<V> {
    jobs: VecDeque<JobId>,
    values: VecDeque<V>,
}

impl<V> Default for JobMap<V> {
    fn default() -> Self {
        let (jobs, values) = (VecDeque::new(), VecDeque::new());
        Self { jobs, values }
    }
}

// A report looks up a dozen jobs. Left to itself, the compiler makes a call of each or of none, whatever else was
// changed, and that is a twentieth of all instructions.
impl<V> JobMap<V> {
    #[inline]
    pub(crate) fn get(&self, job: &JobId) -> Option<&V> {
        self.values.get(self.find(*job)?)
    }

    /// The job and its value.
    #[inline]
    pub(crate) fn at(&self, index: JobIndex) -> Option<(JobId, &V)> {
        let at = self.position(index).ok()?;
        Some((*self.jobs.get(at)?, self.values.get(at)?))
    }

    #[inline]
    pub(crate) fn get_mut(&mut self, job: &JobId) -> Option<&mut V> {
        let at = self.find(*job)?;
        self.values.get_mut(at)
    }

    /// Takes a job out. The oldest retire first, before which there is nothing to move.
    pub(crate) fn remove(&mut self, job: JobId) -> Option<V> {
        let at = self.find(job)?;
        self.jobs.remove(at);
        self.values.remove(at)
    }

    pub(crate) fn contains_key(&self, job: &JobId) -> bool {
        self.find(*job).is_some()
    }

    /// Inserts a value; returns the one that it replaces.
    pub(crate) fn insert(&mut self, job: JobId, value: V) -> Option<V> {
        match self.position(job.index()) {
            Ok(at) => {
                self.jobs[at] = job;
                Some(std::mem::replace(&mut self.values[at], value))
            }
            Err(at) => {
                self.jobs.insert(at, job);
                self.values.insert(at, value);
                None
            }
        }
    }

    /// The job with the highest number.
    pub(crate) fn last(&self) -> Option<JobId> {
        self.jobs.back().copied()
    }

    pub(crate) fn values(&self) -> impl Iterator<Item = &V> {
        self.values.iter()
    }

    #[inline]
    fn find(&self, job: JobId) -> Option<usize> {
        // Exact where no number between it and the last is left out.
        let behind = usize::try_from(self.last()?.number().checked_sub(job.number())?).ok()?;
        let at = self.jobs.len().checked_sub(behind.saturating_add(1));
        match at.filter(|&at| self.jobs[at] == job) {
            Some(at) => Some(at),
            None => self.jobs.binary_search(&job).ok(),
        }
    }

    /// Where a job is, or would be.
    #[inline]
    fn position(&self, job: JobIndex) -> Result<usize, usize> {
        let last = self.last().map_or(0, |last| last.index().number());
        let Some(behind) = last.checked_sub(job.number()) else {
            return Err(self.jobs.len());
        };
        let at = self.jobs.len().checked_sub(1 + behind as usize);
        match at.filter(|&at| self.jobs[at].index() == job) {
            Some(at) => Ok(at),
            None => self.jobs.binary_search_by_key(&job, |job| job.index()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_job_that_was_taken_out_is_not_found_and_the_others_are() {
        let mut jobs = JobMap::default();
        (1..=9).for_each(|number| _ = jobs.insert(JobId::new(number), number));
        for number in [1, 2, 5, 9] {
            assert_eq!(jobs.remove(JobId::new(number)), Some(number));
            assert_eq!(jobs.remove(JobId::new(number)), None);
        }
        assert_eq!(jobs.values().copied().collect::<Vec<_>>(), [3, 4, 6, 7, 8]);
        assert_eq!(jobs.last(), Some(JobId::new(8)));
        for number in 0..11 {
            let known = [3, 4, 6, 7, 8].contains(&number).then_some(number);
            assert_eq!(jobs.get(&JobId::new(number)).copied(), known);
        }
    }

    #[test]
    fn jobs_are_in_order_whichever_came_first() {
        let mut jobs = JobMap::default();
        for number in [3, 1, 7, 2] {
            assert_eq!(jobs.insert(JobId::new(number), number), None);
        }
        assert_eq!(jobs.insert(JobId::new(7), 8), Some(7));
        assert_eq!(jobs.values().copied().collect::<Vec<_>>(), [1, 2, 3, 8]);
        assert_eq!(
            jobs.get(&JobId::new(7 + JobId::GAP)),
            None,
            "another job than the seventh"
        );
        for number in 0..9 {
            let known = [1, 2, 3].contains(&number).then_some(number);
            assert_eq!(
                jobs.get(&JobId::new(number)).copied(),
                known.or((number == 7).then_some(8))
            );
        }
    }
}
