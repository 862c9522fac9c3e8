//! Which class comes first.

use std::cmp::Reverse;

use super::class::Front;
use super::{Agenda, ClassId, ClassKey};
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
        let ClassKey { job: id, profile, .. } = self.classes[class].key;
        let job = state.jobs.get(&id)?;
        let Front {
            task,
            order: (tries, Reverse(expected), rank, _),
            ..
        } = self.first_waiting(state, job, class)?;
        let key = Key {
            priority: job.settings.priority,
            tries: Reverse(tries),
            load: if job.spec.order == Order::Balanced {
                self.load.of(state, profile)
            } else {
                0
            },
            expected,
            job: Reverse(id),
            rank: Reverse(rank),
        };
        Some((task, key))
    }
}
