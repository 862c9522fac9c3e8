//! A bit for each task of a job.

use fixedbitset::FixedBitSet;

/// Some of a job's tasks. As long as they are among the first 64, they are one number, kept where the set is.
#[derive(Debug, Clone)]
pub(super) enum TaskBits {
    /// Of a job with at most 64 tasks, a bit each.
    Few(u64),
    /// Of a job with more.
    Many(Box<FixedBitSet>),
}

impl TaskBits {
    const FEW: usize = 64;

    /// None yet, with room for so many.
    pub(super) fn with_room_for(tasks: usize) -> Self {
        if tasks <= Self::FEW {
            Self::default()
        } else {
            Self::Many(Box::new(FixedBitSet::with_capacity(tasks)))
        }
    }

    pub(super) fn insert(&mut self, task: u32) {
        match self {
            Self::Few(bits) => match 1_u64.checked_shl(task) {
                Some(bit) => *bits |= bit,
                None => {
                    let few = (0..64_usize).filter(|task| *bits >> task & 1 == 1);
                    *self = Self::Many(Box::new(few.chain([task as usize]).collect()));
                }
            },
            // Grows, since a job's late tasks are few and its set begins without room for them.
            Self::Many(bits) => bits.grow_and_insert(task as usize),
        }
    }

    pub(super) fn remove(&mut self, task: u32) {
        match self {
            Self::Few(bits) => *bits &= !1_u64.checked_shl(task).unwrap_or(0),
            Self::Many(bits) if bits.contains(task as usize) => bits.set(task as usize, false),
            Self::Many(_) => {}
        }
    }

    pub(super) fn contains(&self, task: u32) -> bool {
        match self {
            Self::Few(bits) => bits.checked_shr(task).is_some_and(|bits| bits & 1 == 1),
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
            room in 60..70_usize,
            changes in prop::collection::vec((any::<bool>(), 0..70_u32), 0..60),
        ) {
            let (mut bits, mut model) = (TaskBits::with_room_for(room), BTreeSet::new());
            for (insert, task) in changes {
                if insert {
                    bits.insert(task);
                    model.insert(task);
                } else {
                    bits.remove(task);
                    model.remove(&task);
                }
            }
            for task in 0..140 {
                prop_assert_eq!(bits.contains(task), model.contains(&task));
            }
        }
    }
}
