//! A journal that is away: nothing new is taken on, and what runs can be ended all the same.

use std::collections::VecDeque;
use std::time::Duration;

use super::handle::Message;
use super::wakeup::Pending;
use super::{DispatchError, Dispatcher, JournalStatus, OrderError};
use crate::Timestamp;
use crate::journal::JournalError;
use crate::scheduler::{JobId, Order, Phase};

impl Dispatcher {
    /// Refuses a new order, since nobody knows when it could be durable. What ends attempts has its effect at once, and waits for the
    /// journal only to be recorded.
    pub(super) fn receive_without_journal(&mut self, message: Message, since: Timestamp, said: &str) {
        let away = || OrderError::JournalAway {
            since,
            message: said.to_owned(),
        };
        // Whoever asked may have stopped listening.
        match message {
            Message::Command(command, fleet, reply) => match command.order {
                Order::Abort { job } => {
                    self.cancel_running(job);
                    self.queue
                        .push_back(Pending::Message(Message::Command(command, fleet, reply)));
                }
                _ => _ = reply.send(Err(away())),
            },
            Message::Configure(_, reply) => _ = reply.send(Err(away())),
            Message::Shutdown(grace, reply) => {
                self.set_grace_end(grace);
                self.queue.push_back(Pending::Message(Message::Shutdown(grace, reply)));
            }
            message @ (Message::Wait(..) | Message::Query(_) | Message::Status(_)) => {
                self.queue.push_back(Pending::Message(message));
            }
        }
    }

    /// Refuses what waits for the append that has failed, as what comes later.
    pub(super) fn refuse_queued_orders(&mut self) {
        let JournalStatus::Away { since, message: said } = self.tail.status() else {
            return;
        };
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
            self.running.cancel(attempt.id);
        }
    }

    /// Shuts down as far as that needs no journal.
    fn set_grace_end(&mut self, grace: Duration) {
        let end = self.now.max(self.clock.now()) + grace;
        self.shutdown
            .get_or_insert_with(|| super::shutdown::Shutdown::until(end))
            .shorten(end);
    }

    /// Tells what still runs after the grace of a shutdown to end, whether or not that can be recorded.
    pub(super) fn end_grace_without_journal(&mut self) {
        let now = self.now.max(self.clock.now());
        if !self.tail.is_away() || !self.shutdown.as_ref().is_some_and(|shutdown| shutdown.is_due(now)) {
            return;
        }
        let left = self.left_to_the_next();
        for attempt in self.scheduler.attempts() {
            if attempt.phase != Phase::Settle && !left.contains(&attempt.id) {
                self.running.cancel(attempt.id);
            }
        }
        if let Some(shutdown) = &mut self.shutdown {
            shutdown.end_grace(left);
        }
    }

    /// Why it ends before the journal is back: it was shut down, and all that ran has ended or is left to the next dispatcher, which
    /// finds in the journal that it runs.
    pub(super) fn is_over_without_journal(&self) -> Option<DispatchError> {
        let shutdown = self
            .shutdown
            .as_ref()
            .filter(|shutdown| shutdown.next_timeout().is_none())?;
        match self.tail.status() {
            JournalStatus::Away { message, .. } if self.running.all_among(&shutdown.left) => {
                Some(JournalError::Unavailable { message }.into())
            }
            _ => None,
        }
    }
}
