//! While the journal is away: new orders are refused, and running attempts can still be ended.

use std::collections::VecDeque;
use std::time::Duration;

use super::message::Message;
use super::pending::Pending;
use super::{DispatchError, Dispatcher, JournalStatus, OrderError};
use crate::Timestamp;
use crate::journal::JournalError;
use crate::scheduler::{JobId, OrderClass, Phase};

impl Dispatcher {
    /// Refuses a new order, since it is unknown when it could be durable. Orders that end attempts take effect at once,
    /// and wait for the journal only to be recorded.
    pub(super) fn receive_without_journal(&mut self, message: Message, since: Timestamp, said: &str) {
        let away = || OrderError::JournalAway {
            since,
            message: said.to_owned(),
        };
        // The receiver may be gone.
        match message {
            Message::Command(command, fleet, reply) => match command.order.class() {
                OrderClass::EndedJob(job) => {
                    // Ending needs no durability: if the record is lost with this dispatcher, the
                    // next finds an attempt in doubt and asks.
                    self.cancel_running(job);
                    self.queue
                        .push_back(Pending::Message(Message::Command(command, fleet, reply)));
                }
                OrderClass::Configuration { .. }
                | OrderClass::NewJob
                | OrderClass::Job(_)
                | OrderClass::HostsOfJob { .. }
                | OrderClass::AvailableHost(_)
                | OrderClass::Hosts => _ = reply.send(Err(away())),
            },
            Message::Configure(_, reply) => _ = reply.send(Err(away())),
            Message::Shutdown(grace, reply) => {
                self.set_grace_end(grace);
                self.queue.push_back(Pending::Message(Message::Shutdown(grace, reply)));
            }
            // Questions wait: the state may hold a batch that is not durable, and they are answered
            // with what is.
            message @ (Message::Wait(..) | Message::Query(_) | Message::Status(_)) => {
                self.queue.push_back(Pending::Message(message));
            }
        }
    }

    /// Refuses the queued orders, like later ones.
    pub(super) fn refuse_queued_orders(&mut self) {
        let JournalStatus::Away { since, message: said } = self.io.tail.status() else {
            return;
        };
        self.refuse_parked_orders(since, &said);
        let queued: VecDeque<Pending> = std::mem::take(&mut self.queue);
        for pending in queued {
            match pending {
                Pending::Message(message) => self.receive_without_journal(message, since, &said),
                pending => self.queue.push_back(pending),
            }
        }
    }

    fn cancel_running(&mut self, job: JobId) {
        for attempt in self
            .scheduler
            .attempts()
            .into_iter()
            .filter(|attempt| attempt.job == job)
        {
            self.io.running.cancel(attempt.id);
        }
    }

    /// Starts the shutdown, as far as that needs no journal.
    fn set_grace_end(&mut self, grace: Duration) {
        let end = self.now.max(self.io.clock.now()) + grace;
        self.shutdown
            .get_or_insert_with(|| super::shutdown::Shutdown::until(end))
            .shorten(end);
    }

    /// Cancels what still runs after the grace time of a shutdown, even if that cannot be recorded.
    pub(super) fn end_grace_without_journal(&mut self) {
        let now = self.now.max(self.io.clock.now());
        if !self.io.tail.is_away() || !self.shutdown.as_ref().is_some_and(|shutdown| shutdown.is_due(now)) {
            return;
        }
        let left = self.left_to_the_next();
        for attempt in self.scheduler.attempts() {
            if attempt.phase != Phase::Settle && !left.contains(&attempt.id) {
                self.io.running.cancel(attempt.id);
            }
        }
        if let Some(shutdown) = &mut self.shutdown {
            shutdown.end_grace(left);
        }
    }

    /// The error with which a shutdown ends before the journal is back: all attempts have ended or are left to the next
    /// dispatcher, which finds them in the journal.
    pub(super) fn is_over_without_journal(&self) -> Option<DispatchError> {
        let shutdown = self
            .shutdown
            .as_ref()
            .filter(|shutdown| shutdown.next_timeout().is_none())?;
        match self.io.tail.status() {
            JournalStatus::Away { message, .. } if self.io.running.all_among(&shutdown.left) => {
                Some(JournalError::Unavailable { message }.into())
            }
            _ => None,
        }
    }
}
