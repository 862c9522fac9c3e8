//! Output after a command's end, which a background process may keep open.

use std::time::Duration;

use tokio::time::{Instant, sleep_until};

/// How long output is read after the command's end.
pub(crate) const LINGER: Duration = Duration::from_secs(2);

/// The remark in the output when reading stops.
pub(crate) const LINGERS: &str = "[something in the background holds the output open; not waiting for it]";

/// Sleeps until this time, or for ever without one.
pub(crate) async fn until(time: Option<Instant>) {
    match time {
        Some(time) => sleep_until(time).await,
        None => std::future::pending().await,
    }
}
