//! Queries of the scheduler, answered once its state is durable.

use std::collections::VecDeque;
use std::time::Duration;

use crate::Timestamp;
use crate::scheduler::Scheduler;
use crate::stream::StreamId;

/// Sends the reply to a message; called once its records are durable.
pub(super) type Reply = Box<dyn FnOnce() + Send>;

/// Looks at the scheduler.
pub(super) type Look = Box<dyn FnOnce(&Scheduler, Moment) + Send>;

/// When a query is answered, and of what.
#[derive(Clone, Copy)]
pub(super) struct Moment {
    pub(super) now: Timestamp,
    pub(super) as_of: StreamId,
    pub(super) not_durable_since: Option<Timestamp>,
}

/// Queries that wait until the scheduler's state is durable.
#[derive(Default)]
pub(super) struct Queries(VecDeque<(Timestamp, Look)>);

impl Queries {
    /// How long a query waits for the journal.
    const PATIENCE: Duration = Duration::from_secs(1);

    pub(super) fn add(&mut self, now: Timestamp, look: Look) {
        self.0.push_back((now + Self::PATIENCE, look));
    }

    /// When the next query is answered in any case.
    pub(super) fn next_timeout(&self) -> Option<Timestamp> {
        self.0.front().map(|(until, _)| *until)
    }

    pub(super) fn answer_all(&mut self, scheduler: &Scheduler, moment: Moment) {
        self.0.drain(..).for_each(|(_, look)| look(scheduler, moment));
    }

    /// Answers those that have waited long enough.
    pub(super) fn answer_overdue(&mut self, scheduler: &Scheduler, moment: Moment) {
        // All have the same patience, so they are overdue in the order in which they came.
        let overdue = self.0.iter().take_while(|(until, _)| *until <= moment.now).count();
        self.0.drain(..overdue).for_each(|(_, look)| look(scheduler, moment));
    }
}
