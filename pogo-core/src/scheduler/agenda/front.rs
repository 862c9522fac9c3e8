//! The next task of a class, and how urgent it is.

use std::cmp::Reverse;

use super::class::Front;
use super::key::Urgency;
use super::{Agenda, ClassId, ClassKey, Key};
use crate::plan::HostOrder;
use crate::scheduler::state::State;

impl Agenda {
    /// The class's next task and its urgency. Tasks that wait no longer are dropped on the way.
    pub(super) fn front(&mut self, state: &State, class: ClassId) -> Option<(u32, Key)> {
        let load = self.load.of(state, self.classes[class].key.profile);
        self.front_under(state, class, load)
    }

    /// [`front`](Self::front) of a class whose most loaded bucket is known to have this load.
    pub(super) fn front_under(&mut self, state: &State, class: ClassId, load: u16) -> Option<(u32, Key)> {
        let ClassKey { job: id, .. } = self.classes[class].key;
        let (_, job) = state.jobs.at(id)?;
        let Front {
            order: (tries, Reverse(expected), rank, task),
            ..
        } = self.first_waiting(state, job, class)?;
        let urgency = Urgency {
            priority: job.settings.priority,
            tries,
            // Keys compare load before rank: with one, hosts of a loaded group would overtake others
            // that the job lists before them.
            load: if job.order == HostOrder::Balanced { load } else { 0 },
            expected,
            job: id,
            rank,
        };
        Some((task, urgency.into()))
    }
}
