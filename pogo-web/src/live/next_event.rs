//! Waiting for the next event.

use tokio::sync::watch;

/// The next event from this position on, which `take` advances. Dropping the future loses nothing.
pub(super) async fn next_event<T>(
    position: &mut u64,
    end: &mut watch::Receiver<u64>,
    take: impl Fn(&mut u64) -> Option<T>,
) -> T {
    loop {
        if let Some(event) = take(position) {
            return event;
        }
        let taken = *position;
        // Whoever waits holds what sends the end, so it is there as long as this.
        let _ = end.wait_for(|end| *end > taken).await;
    }
}
