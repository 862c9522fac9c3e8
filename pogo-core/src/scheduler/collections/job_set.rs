//! Sets of jobs, optimized for few members.

use smallvec::SmallVec;

use super::FastSet;
use crate::scheduler::JobId;

/// A set whose members are sorted before their order matters. A few are stored inline.
#[derive(Debug, Clone, Default)]
pub(crate) struct JobSet {
    few: SmallVec<[JobId; 4]>,
    /// All members, once there were more.
    many: Option<Box<FastSet<JobId>>>,
}

impl JobSet {
    pub(crate) fn insert(&mut self, job: JobId) {
        if let Some(many) = &mut self.many {
            many.insert(job);
        } else if self.few.contains(&job) {
        } else if self.few.len() < self.few.inline_size() {
            self.few.push(job);
        } else {
            // Once in a table it stays there: a set at the limit would move back and forth with
            // each report.
            self.many = Some(Box::new(self.few.drain(..).chain([job]).collect()));
        }
    }

    pub(crate) fn remove(&mut self, job: JobId) {
        match &mut self.many {
            Some(many) => _ = many.remove(&job),
            None => self.few.retain(|other| *other != job),
        }
    }

    pub(crate) fn is_empty(&self) -> bool {
        // Not by iterating: from a table of thousands that has little left, that looks at all the empty places in
        // front.
        self.many.as_ref().map_or(self.few.is_empty(), |many| many.is_empty())
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = JobId> {
        self.few
            .iter()
            .chain(self.many.iter().flat_map(|many| many.iter()))
            .copied()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_set_of_jobs_is_a_set(changes in prop::collection::vec((any::<bool>(), 0..8_u64), 0..60)) {
            let (mut set, mut model) = (JobSet::default(), BTreeSet::new());
            for (insert, job) in changes {
                let job = JobId::new(job);
                if insert {
                    set.insert(job);
                    model.insert(job);
                } else {
                    set.remove(job);
                    model.remove(&job);
                }
                let mut all: Vec<JobId> = set.iter().collect();
                all.sort_unstable();
                prop_assert_eq!(set.is_empty(), model.is_empty());
                prop_assert_eq!(all, Vec::from_iter(model.clone()));
            }
        }
    }
}
