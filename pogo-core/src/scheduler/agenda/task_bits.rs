//! A bit for each task of a job.

use fixedbitset::FixedBitSet;

/// Some of a job's tasks. Those of a small job are one number, kept where the set is.
#[derive(Debug, Clone)]
pub(super) enum TaskBits {
    Few(u64),
    Many(Box<FixedBitSet>),
}

impl TaskBits {
    const FEW: usize = 64;

    /// None of so many tasks.
    pub(super) fn none_of(tasks: usize) -> Self {
        if tasks <= Self::FEW {
            Self::Few(0)
        } else {
            Self::Many(Box::default())
        }
    }

    pub(super) fn insert(&mut self, task: u32) {
        match self {
            Self::Few(bits) => *bits |= 1 << task,
            Self::Many(bits) => bits.grow_and_insert(task as usize),
        }
    }

    pub(super) fn remove(&mut self, task: u32) {
        match self {
            Self::Few(bits) => *bits &= !(1 << task),
            Self::Many(bits) if bits.contains(task as usize) => bits.set(task as usize, false),
            Self::Many(_) => {}
        }
    }

    pub(super) fn contains(&self, task: u32) -> bool {
        match self {
            Self::Few(bits) => bits >> task & 1 == 1,
            Self::Many(bits) => bits.contains(task as usize),
        }
    }
}

impl Default for TaskBits {
    fn default() -> Self {
        Self::Few(0)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn bits_of_tasks_are_a_set(
            few in any::<bool>(),
            changes in prop::collection::vec((any::<bool>(), any::<prop::sample::Index>()), 0..60),
        ) {
            let tasks = if few { TaskBits::FEW } else { TaskBits::FEW + 1 };
            let (mut bits, mut model) = (TaskBits::none_of(tasks), BTreeSet::new());
            for (insert, task) in changes {
                let task = u32::try_from(task.index(tasks)).unwrap();
                if insert {
                    bits.insert(task);
                    model.insert(task);
                } else {
                    bits.remove(task);
                    model.remove(&task);
                }
            }
            for task in 0..u32::try_from(tasks).unwrap() {
                prop_assert_eq!(bits.contains(task), model.contains(&task));
            }
        }
    }
}
