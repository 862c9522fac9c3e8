//! Whether a dispatcher is of use to anybody.

use std::time::Duration;

use pogo_core::dispatcher::Handle;
use pogo_core::scheduler::{JobStatus, NamespaceSummary, Query, View};
use pogo_web::RouterState;
use tokio::time::{Instant, sleep};

/// How often that is looked at.
const LOOKED_AT: Duration = Duration::from_millis(500);

/// Waits until nothing has run or waited, and nobody has asked or followed, for so long. A job that needs an order
/// keeps nothing alive: what it holds stands in the journal, and whoever gives the order starts a dispatcher.
pub(super) async fn until_idle(handle: &Handle, state: &RouterState, idle_for: Duration) {
    let (mut requests, mut since) = (state.activity().requests, Instant::now());
    loop {
        sleep(LOOKED_AT).await;
        let activity = state.activity();
        let is_used = activity.streams > 0 || activity.requests != requests || is_busy(handle).await;
        requests = activity.requests;
        if is_used {
            since = Instant::now();
        } else if since.elapsed() >= idle_for {
            return;
        }
    }
}

/// Whether something runs, or may start without an order. A dispatcher that has stopped is busy with nothing.
async fn is_busy(handle: &Handle) -> bool {
    let answer = handle.view(Query::Namespace).await;
    match answer.map(|answer| answer.view) {
        Ok(View::Namespace(summary)) => works(&summary),
        _ => false,
    }
}

fn works(summary: &NamespaceSummary) -> bool {
    use JobStatus::{Halting, Running, Waiting};
    let of_itself = |status| matches!(status, Running | Waiting | Halting);
    summary.attempts > 0
        || summary
            .jobs
            .iter()
            .any(|count| of_itself(count.status) && count.jobs > 0)
}
