//! A timer whose deadline moves.

use std::future::poll_fn;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use futures::future::{BoxFuture, FutureExt};

use super::Clock;
use crate::Timestamp;

/// Waits for a deadline that moves on again and again, and is seldom reached. A timer that was set for an earlier one
/// is kept, and set anew when it fires: to set one for each commit took more of the processor than the commit's sync.
pub(super) struct Alarm {
    clock: Arc<dyn Clock>,
    set: Option<(Timestamp, BoxFuture<'static, ()>)>,
}

impl Alarm {
    pub(super) fn new(clock: Arc<dyn Clock>) -> Self {
        Self { clock, set: None }
    }

    /// Ready once this time has passed.
    pub(super) fn poll(&mut self, context: &mut Context<'_>, deadline: Timestamp) -> Poll<()> {
        while self.clock.now() < deadline {
            // A timer for an earlier moment does: it fires too early, and is set anew then. Only a
            // later one would be late.
            let set = self.set.take().filter(|(at, _)| *at <= deadline);
            let (_, timer) = self.set.insert(set.unwrap_or_else(|| self.timer(deadline)));
            ready!(timer.poll_unpin(context));
            self.set = None;
        }
        Poll::Ready(())
    }

    /// Resolves once this time has passed. Dropping the future loses nothing.
    pub(super) async fn passes(&mut self, deadline: Timestamp) {
        poll_fn(|context| self.poll(context, deadline)).await;
    }

    fn timer(&self, at: Timestamp) -> (Timestamp, BoxFuture<'static, ()>) {
        let clock = Arc::clone(&self.clock);
        (at, async move { clock.sleep_until(at).await }.boxed())
    }
}
