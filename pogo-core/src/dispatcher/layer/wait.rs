//! Waits before an attempt begins.

use std::pin::pin;

use futures::{FutureExt, select_biased};

use super::super::{Attempt, Clock, Reporter};
use crate::scheduler::{FailureKind, NeverBegan, Outcome};

/// Waits for a future, within the attempt's time limit and until it is cancelled. The wait is subtracted from the
/// time limit.
pub(in crate::dispatcher) async fn before_attempt<T>(
    clock: &dyn Clock,
    (attempt, report): (&mut Attempt, &Reporter),
    waiting: impl Future<Output = T>,
) -> Result<T, Outcome> {
    let began = clock.now();
    let mut waiting = pin!(waiting.fuse());
    let mut cancelled = pin!(report.cancelled().fuse());
    let mut limit = clock.sleep_until(began + attempt.time_limit).fuse();
    let done = select_biased! {
        // A turn that has come counts, even if the attempt is cancelled at the same moment: the
        // transport sees to that itself.
        done = waiting => Ok(done),
        () = cancelled => Err(cancelled_before(attempt)),
        () = limit => {
            let message = "the command was not run: its turn did not come in time";
            Err(Outcome::failed(FailureKind::Timeout, message))
        }
    };
    attempt.time_limit = attempt.time_limit.saturating_sub(clock.now() - began);
    done
}

/// The outcome of an attempt that was cancelled before it reached its host.
pub(super) fn cancelled_before(attempt: &Attempt) -> Outcome {
    // What an earlier dispatcher started may have run, and its host was not asked.
    if attempt.resumed {
        return Outcome::in_doubt("it ran before a restart, and was cancelled before its host was asked how it ended");
    }
    Outcome::never_began(NeverBegan::Cancelled, "cancelled: the command was not run")
}
