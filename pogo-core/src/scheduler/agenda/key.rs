//! Which class comes first.

use std::cmp::Reverse;

use super::{Agenda, ClassId};
use crate::plan::Order;
use crate::scheduler::JobId;
use crate::scheduler::state::State;

/// The urgency of a class's next task; greater comes first. It only ever decreases while the agenda is not built
/// anew, so a queue may hold an old key: the true one is never greater.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Key {
    pub(crate) priority: i32,
    pub(crate) tries: Reverse<u16>,
    pub(crate) load: u32,
    pub(crate) expected: u32,
    pub(crate) job: Reverse<JobId>,
    pub(crate) rank: Reverse<u32>,
}

impl Agenda {
    /// The class's next task and its urgency. Tasks that wait no longer are dropped on the way.
    pub(super) fn front(&mut self, state: &State, class: ClassId) -> Option<(u32, Key)> {
        let id = self.classes[class].key.job;
        let job = state.jobs.get(&id)?;
        let task = self.first_waiting(state, class)?;
        let queues = self.jobs.get(&id)?;
        let balanced = job.spec.order == Order::Balanced;
        let key = Key {
            priority: job.settings.priority,
            tries: Reverse(job.task(task).tries),
            load: if balanced {
                self.load.of(state, self.classes[class].key.profile)
            } else {
                0
            },
            expected: if balanced {
                queues.expected.get(task as usize).copied().unwrap_or(0)
            } else {
                0
            },
            job: Reverse(id),
            rank: Reverse(queues.rank.get(task as usize).copied().unwrap_or(task)),
        };
        Some((task, key))
    }
}
