//! Output after a session's end, which something in the background may hold open.

use std::time::Duration;

use tokio::time::{Instant, sleep_until};

/// How long output is still taken after the end.
pub(crate) const LINGER: Duration = Duration::from_secs(2);

/// What is noted when it is not taken any longer.
pub(crate) const LINGERS: &str = "[something in the background holds the output open; not waiting for it]";

/// Waits until then, or for ever where there is no time.
pub(crate) async fn until(time: Option<Instant>) {
    match time {
        Some(time) => sleep_until(time).await,
        None => std::future::pending().await,
    }
}
