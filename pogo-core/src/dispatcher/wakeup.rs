//! Wakeups of the dispatcher.

use std::task::Poll;

use futures::future::poll_fn;
use futures::stream::StreamExt;

use super::Dispatcher;
use super::pending::Pending;
use super::shutdown::Shutdown;
use super::start_request::StartRequest;
use crate::journal::JournalError;
use crate::scheduler::Record;

/// A reason to wake the dispatcher.
pub(super) enum Wakeup {
    /// An input for the scheduler.
    Pending(Pending),
    /// Somebody wants to follow.
    Follow(StartRequest),
    /// The last handle was dropped.
    HandlesDropped,
    /// The timer fired.
    Timer,
    /// What is queued has waited for others long enough.
    Delayed,
    /// Records are durable, or never will be.
    Appended(Result<Vec<Record>, JournalError>),
    /// A snapshot was stored, or the journal is lost.
    Stored(Result<(), JournalError>),
    /// The journal cannot be reached.
    Away,
    /// Another dispatcher owns the journal.
    Lost,
}

impl Dispatcher {
    /// Waits for the next wakeup, in a fixed order: an attempt's reports come before its end.
    pub(super) async fn next_wakeup(&mut self) -> Wakeup {
        poll_fn(|context| {
            // First: where another dispatcher owns the journal, nothing that was decided here may be acted on.
            if self.io.tail.poll_lost(context).is_ready() {
                return Poll::Ready(Wakeup::Lost);
            }
            if let Poll::Ready(appended) = self.io.tail.poll_append(context) {
                return Poll::Ready(Wakeup::Appended(appended));
            }
            // Before reports and messages: orders that are queued are refused, so that nobody waits for a journal that
            // is away.
            if self.io.tail.poll_away().is_ready() {
                return Poll::Ready(Wakeup::Away);
            }
            if let Poll::Ready(stored) = self.io.tail.poll_snapshot(context) {
                return Poll::Ready(Wakeup::Stored(stored));
            }
            // Before the ends: what an attempt has reported comes before its outcome.
            if let Poll::Ready(Some((attempt, report))) = self.io.reports.poll_next_unpin(context) {
                return Poll::Ready(Wakeup::Pending(Pending::Report(attempt, report)));
            }
            if let Poll::Ready(end) = self.io.running.poll_end(context) {
                return Poll::Ready(Wakeup::Pending(Pending::Ended(end)));
            }
            if let Poll::Ready(Some(request)) = self.io.start_requests.poll_next_unpin(context) {
                return Poll::Ready(Wakeup::Follow(request));
            }
            if let Poll::Ready((attempt, answer)) = self.io.fencing.poll_answer(context) {
                return Poll::Ready(Wakeup::Pending(Pending::Fenced(attempt, answer)));
            }
            // A channel without senders is ready for ever, and would keep all below it from being
            // polled.
            if self.steered {
                match self.io.messages.poll_next_unpin(context) {
                    Poll::Ready(Some(message)) => return Poll::Ready(Wakeup::Pending(Pending::Message(message))),
                    Poll::Ready(None) => return Poll::Ready(Wakeup::HandlesDropped),
                    Poll::Pending => {}
                }
            }
            if self.delay.poll(context).is_ready() {
                return Poll::Ready(Wakeup::Delayed);
            }
            match self.timer_at {
                Some(at) => self.timer.poll(context, at).map(|()| Wakeup::Timer),
                None => Poll::Pending,
            }
        })
        .await
    }

    /// Arms the timer for the scheduler, or, while it waits for the journal, for what cannot wait.
    pub(super) fn arm_timer(&mut self) {
        let grace_end = self.shutdown.as_ref().and_then(Shutdown::next_timeout);
        self.timer_at = match self.io.tail.is_idle() {
            true => {
                let orders = self.io.fencing.next_timeout();
                let next = self.scheduler.next_timeout().into_iter();
                next.chain(grace_end).chain(orders).min()
            }
            false => {
                // The scheduler's own timers wait: what it would decide then could not be committed yet.
                let grace_end = grace_end.filter(|_| self.io.tail.is_away());
                self.queries.next_timeout().into_iter().chain(grace_end).min()
            }
        };
    }
}
