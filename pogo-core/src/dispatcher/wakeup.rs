//! What wakes the dispatcher, and when.

use std::sync::Arc;
use std::task::Poll;

use futures::future::{Fuse, FutureExt, poll_fn};
use futures::stream::StreamExt;

use super::handle::Message;
use super::running::AttemptEnd;
use super::shutdown::Shutdown;
use super::{Dispatcher, Report};
use crate::journal::JournalError;
use crate::scheduler::{AttemptId, Record};

/// What the scheduler is to be given.
pub(super) enum Pending {
    /// An attempt entered a phase, or asks whether it may begin.
    Report(AttemptId, Report),
    /// An attempt ended.
    Ended(AttemptEnd),
    /// A handle sent an order.
    Message(Message),
    /// The scheduler asked to be woken at this time.
    Timeout,
}

/// What wakes the dispatcher.
pub(super) enum Wakeup {
    /// Something for the scheduler.
    Pending(Pending),
    /// The last handle was dropped: nobody gives orders any more.
    HandlesDropped,
    /// The timer ran out.
    Timer,
    /// Records are durable, or never will be.
    Appended(Result<Vec<Record>, JournalError>),
    /// A snapshot was stored, or the journal is lost.
    Stored(Result<(), JournalError>),
    /// The journal cannot be reached.
    Away,
    /// The journal is owned by somebody else.
    Lost,
}

impl Dispatcher {
    /// Waits for what comes next. Always in the same order: what an attempt reported comes before its end.
    pub(super) async fn next_wakeup(&mut self) -> Wakeup {
        poll_fn(|context| {
            if self.tail.poll_lost(context).is_ready() {
                return Poll::Ready(Wakeup::Lost);
            }
            if let Poll::Ready(appended) = self.tail.poll_append(context) {
                return Poll::Ready(Wakeup::Appended(appended));
            }
            if self.tail.poll_away().is_ready() {
                return Poll::Ready(Wakeup::Away);
            }
            if let Poll::Ready(stored) = self.tail.poll_snapshot(context) {
                return Poll::Ready(Wakeup::Stored(stored));
            }
            if let Poll::Ready(Some((attempt, report))) = self.reports.poll_next_unpin(context) {
                return Poll::Ready(Wakeup::Pending(Pending::Report(attempt, report)));
            }
            if let Poll::Ready(end) = self.running.poll_end(context) {
                return Poll::Ready(Wakeup::Pending(Pending::Ended(end)));
            }
            if self.steered {
                match self.messages.poll_next_unpin(context) {
                    Poll::Ready(Some(message)) => return Poll::Ready(Wakeup::Pending(Pending::Message(message))),
                    Poll::Ready(None) => return Poll::Ready(Wakeup::HandlesDropped),
                    Poll::Pending => {}
                }
            }
            self.timer.poll_unpin(context).map(|()| Wakeup::Timer)
        })
        .await
    }

    /// Wakes for what the scheduler does next, or, as long as it waits for the journal, for what cannot.
    pub(super) fn arm_timer(&mut self) {
        let grace_end = self.shutdown.as_ref().and_then(Shutdown::next_timeout);
        let next = match self.tail.is_idle() {
            true => self.scheduler.next_timeout().into_iter().chain(grace_end).min(),
            false => {
                let grace_end = grace_end.filter(|_| self.tail.is_away());
                self.queries.next_timeout().into_iter().chain(grace_end).min()
            }
        };
        if next != self.timer_at {
            self.timer_at = next;
            let clock = Arc::clone(&self.clock);
            self.timer = match next {
                Some(at) => async move { clock.sleep_until(at).await }.boxed().fuse(),
                None => Fuse::terminated(),
            };
        }
    }
}
