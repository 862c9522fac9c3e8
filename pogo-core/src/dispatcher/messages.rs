//! Processes messages of handles.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use futures::channel::oneshot;

use super::handle::{Look, Message};
use super::wakeup::Pending;
use super::{Dispatcher, DispatcherStatus, JournalStatus, NamespaceDiff, OrderError};
use crate::Timestamp;
use crate::fleet::Fleet;
use crate::scheduler::{Answer, Command, InputError, Order, Record, Scheduler};
use crate::stream::StreamId;

/// Sends the reply to a message; called once its records are durable.
pub(super) type Reply = Box<dyn FnOnce() + Send>;

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

    fn add(&mut self, now: Timestamp, look: Look) {
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
        let overdue = self.0.iter().take_while(|(until, _)| *until <= moment.now).count();
        self.0.drain(..overdue).for_each(|(_, look)| look(scheduler, moment));
    }
}

impl Dispatcher {
    /// Processes a message: orders wait for the append in flight, status requests do not.
    pub(super) fn receive_message(&mut self, message: Message) {
        match message {
            Message::Query(look) => self.queries.add(self.io.clock.now(), look),
            Message::Status(reply) => _ = reply.send(self.status()),
            message => match self.io.tail.status() {
                JournalStatus::Ok => self.queue.push_back(Pending::Message(message)),
                JournalStatus::Away { since, message: said } => self.receive_without_journal(message, since, &said),
            },
        }
    }

    /// When and of what queries are answered.
    pub(super) fn moment(&self) -> Moment {
        Moment {
            now: self.io.clock.now(),
            as_of: self.position(),
            not_durable_since: self.io.tail.not_durable_since(),
        }
    }

    fn status(&self) -> DispatcherStatus {
        DispatcherStatus {
            journal: self.io.tail.status(),
            not_durable_since: self.io.tail.not_durable_since(),
            end: self.io.tail.end(),
            epoch: self.io.tail.owned_since().0,
            running: self.io.running.len(),
            // The handle asks the store, for which the loop does not wait.
            clock_skew: None,
        }
    }

    /// Passes a message to the scheduler; the reply is sent once the records are durable.
    pub(super) fn carry_out(&mut self, message: Message, records: &mut Vec<Record>) {
        match message {
            Message::Command(command, fleet, reply) => match self.frees_hosts(&command.order) {
                true => self.give_or_ask((command, reply), records),
                false => {
                    let answer = self.execute(*command, fleet, records);
                    self.reply(reply, answer);
                }
            },
            Message::Configure(command, reply) => {
                let answer = self.configure(*command, records);
                self.reply(reply, answer);
            }
            Message::Wait(job, reply) => self.waiters.add(job, reply),
            Message::Shutdown(grace, reply) => {
                self.shut_down(grace, records);
                self.replies.push(Box::new(|| _ = reply.send(())));
            }
            question @ (Message::Query(_) | Message::Status(_)) => self.receive_message(question),
        }
    }

    /// Applies a fleet and a policy, unless they are in force already.
    fn configure(
        &mut self,
        command: Command,
        records: &mut Vec<Record>,
    ) -> Result<(NamespaceDiff, Answer), InputError> {
        let mut diff = NamespaceDiff::default();
        if let Order::Configure { fleet, policy } = &command.order
            && !self.scheduler.is_repeated(self.now, &command)
        {
            let before = self.scheduler.configured_fleet().cloned();
            let policy_changed = self.scheduler.policy() != policy;
            let unchanged = before.as_ref() == Some(fleet) && !policy_changed;
            // The answer to a request is recorded: given again, it must not undo what others configured meanwhile.
            if unchanged && command.request.is_none() {
                return Ok((diff, Answer::Unchanged));
            }
            diff = NamespaceDiff::between(before.as_deref(), fleet, policy_changed);
        }
        self.input(command, records)?;
        Ok((diff, self.scheduler.last_answer()))
    }

    /// Carries out a command, for which tag resolvers may have given a fleet.
    pub(super) fn execute(
        &mut self,
        command: Command,
        fleet: Option<Arc<Fleet>>,
        records: &mut Vec<Record>,
    ) -> Result<Answer, InputError> {
        if let Some(fleet) = fleet
            && !self.scheduler.is_repeated(self.now, &command)
        {
            let policy = Arc::clone(self.scheduler.policy());
            let mut configure = Command::new(Order::Configure { fleet, policy });
            configure.actor.clone_from(&command.actor);
            self.configure(configure, records)?;
        }
        self.input(command, records)?;
        Ok(self.scheduler.last_answer())
    }

    pub(super) fn reply<T: Send + 'static>(
        &mut self,
        reply: oneshot::Sender<Result<T, OrderError>>,
        answer: Result<T, InputError>,
    ) {
        // The receiver may be gone.
        self.replies
            .push(Box::new(|| _ = reply.send(answer.map_err(OrderError::from))));
    }
}
