//! Processes messages of handles.

use std::sync::Arc;

use futures::channel::oneshot;

use super::message::Message;
use super::pending::Pending;
use super::queries::Moment;
use super::{Dispatcher, DispatcherStatus, JournalStatus, NamespaceDiff, OrderError};
use crate::fleet::Fleet;
use crate::scheduler::{Answer, Command, InputError, Order, Record};

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
            caught_up: None,
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
            // In the same batch as the submission, so that no other order comes between the fleet
            // and the job that needs it.
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
