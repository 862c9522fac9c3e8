//! Group commit where the journal is quick: a commit waits a moment for what comes next.

use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use futures::future::{BoxFuture, Fuse, FutureExt};

use super::attempt_pace::AttemptPace;
use super::pending::Pending;
use super::{Clock, Report};

/// Whether the next commit waits. While an append is in flight reports are queued, and share the next commit; where
/// appends are quick, few come meanwhile, and each would have a commit and a sync of its own.
pub(super) struct CommitDelay {
    pace: Arc<AttemptPace>,
    /// Attempts that have ended have waited for each other already, until their output was kept.
    ends_have_waited: bool,
    clock: Arc<dyn Clock>,
    timer: Fuse<BoxFuture<'static, ()>>,
    stage: Stage,
}

/// Whether the commit of what was gathered is put off.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stage {
    /// It is not.
    Idle,
    /// It is, because of this.
    Waiting(Queued),
    /// It was, because of this, and is not once more.
    Over(Queued),
}

/// What waits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Queued {
    /// Nothing but phases that attempts have entered.
    Phases,
    /// Ends of attempts too, or anything else.
    Reports,
}

impl CommitDelay {
    pub(super) fn new(pace: Arc<AttemptPace>, ends_have_waited: bool, clock: Arc<dyn Clock>) -> Self {
        Self {
            pace,
            ends_have_waited,
            clock,
            timer: Fuse::terminated(),
            stage: Stage::Idle,
        }
    }

    /// Whether the commit of what is queued is to wait.
    pub(super) fn holds<'a>(&mut self, queue: impl ExactSizeIterator<Item = &'a Pending> + Clone) -> bool {
        let (queued, patience) = self.patience(queue);
        let waits = !patience.is_zero() && self.stage != Stage::Over(queued);
        match (waits, self.stage) {
            (false, _) => (self.stage, self.timer) = (Stage::Idle, Fuse::terminated()),
            // The timer runs on: starting it anew for each report would let a stream of them put
            // off the commit for ever.
            (true, Stage::Waiting(known)) if known == queued => {}
            (true, _) => {
                let clock = Arc::clone(&self.clock);
                self.stage = Stage::Waiting(queued);
                self.timer = async move { clock.sleep(patience).await }.boxed().fuse();
            }
        }
        waits
    }

    /// How long what is queued may wait for what comes next.
    fn patience<'a>(&self, mut queue: impl ExactSizeIterator<Item = &'a Pending> + Clone) -> (Queued, Duration) {
        let is_phase = |pending: &Pending| matches!(pending, Pending::Report(_, Report::Phase(_)));
        if queue.len() > 0 && queue.clone().all(is_phase) {
            return (Queued::Phases, self.pace.phase_delay());
        }
        let delay = match queue.len() {
            0 => Duration::ZERO,
            come => self.pace.commit_delay(come),
        };
        let may_wait = |pending: &Pending| match pending {
            Pending::Report(..) => true,
            Pending::Ended(_) => !self.ends_have_waited,
            Pending::Fenced(..) | Pending::Message(_) | Pending::Timeout => false,
        };
        match !delay.is_zero() && queue.all(may_wait) {
            true => (Queued::Reports, delay),
            false => (Queued::Reports, Duration::ZERO),
        }
    }

    /// Ready once when the commit has waited long enough.
    pub(super) fn poll(&mut self, context: &mut Context<'_>) -> Poll<()> {
        self.timer.poll_unpin(context).map(|()| {
            if let Stage::Waiting(queued) = self.stage {
                self.stage = Stage::Over(queued);
            }
        })
    }
}
