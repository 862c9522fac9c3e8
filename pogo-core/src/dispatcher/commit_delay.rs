//! Group commit where the journal is quick: a commit waits a moment for what comes next.

use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use futures::future::{BoxFuture, Fuse, FutureExt};

use super::pending::Pending;
use super::{Clock, Report};

/// Whether the next commit waits. While an append is in flight reports are queued, and share the next commit; where
/// appends are quick, few come meanwhile, and each would have a commit and a sync of its own.
pub(super) struct CommitDelay {
    time: Duration,
    clock: Arc<dyn Clock>,
    timer: Fuse<BoxFuture<'static, ()>>,
    stage: Stage,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stage {
    Idle,
    /// For so long.
    Waiting(Duration),
    /// After so long.
    Over(Duration),
}

impl CommitDelay {
    /// The fewest attempts under way for which a commit waits: of fewer, hardly another will report meanwhile.
    const SIBLINGS: usize = 5;
    /// How many times longer a phase waits that an attempt has entered: nothing is done about it, but that it is shown.
    const PHASES: u32 = 10;

    pub(super) fn new(time: Duration, clock: Arc<dyn Clock>) -> Self {
        Self {
            time,
            clock,
            timer: Fuse::terminated(),
            stage: Stage::Idle,
        }
    }

    /// Whether the commit of what is queued is to wait.
    pub(super) fn holds<'a>(
        &mut self,
        queue: impl ExactSizeIterator<Item = &'a Pending> + Clone,
        running: usize,
    ) -> bool {
        let patience = self.patience(queue, running);
        let waits = !patience.is_zero() && self.stage != Stage::Over(patience);
        match (waits, self.stage) {
            (false, _) => (self.stage, self.timer) = (Stage::Idle, Fuse::terminated()),
            // The timer runs on: starting it anew for each report would let a stream of them put
            // off the commit for ever.
            (true, Stage::Waiting(known)) if known == patience => {}
            (true, _) => {
                let clock = Arc::clone(&self.clock);
                self.stage = Stage::Waiting(patience);
                self.timer = async move { clock.sleep(patience).await }.boxed().fuse();
            }
        }
        waits
    }

    /// How long what is queued may wait for what comes next.
    fn patience<'a>(&self, mut queue: impl ExactSizeIterator<Item = &'a Pending> + Clone, running: usize) -> Duration {
        let is_phase = |pending: &Pending| matches!(pending, Pending::Report(_, Report::Phase(_)));
        if queue.len() == 0 {
            return Duration::ZERO;
        }
        if queue.clone().all(is_phase) {
            return self.time * Self::PHASES;
        }
        // Where all have reported, none is left to wait for.
        let has_siblings = running >= Self::SIBLINGS && queue.len() < running;
        match has_siblings && queue.all(|pending| matches!(pending, Pending::Report(..) | Pending::Ended(_))) {
            true => self.time,
            false => Duration::ZERO,
        }
    }

    /// Ready once when the commit has waited long enough.
    pub(super) fn poll(&mut self, context: &mut Context<'_>) -> Poll<()> {
        self.timer.poll_unpin(context).map(|()| {
            if let Stage::Waiting(patience) = self.stage {
                self.stage = Stage::Over(patience);
            }
        })
    }
}
