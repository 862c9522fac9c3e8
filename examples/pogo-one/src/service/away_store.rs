//! A store that cannot be used while a dispatcher starts.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use pogo_core::dispatcher::{Notice, Observer};
use tokio::time::{Instant, sleep};

/// How long a store may be away before clients that wait for a starting dispatcher get an error. A dispatcher that
/// runs already keeps retrying.
const PATIENCE: Duration = Duration::from_secs(3);

/// How often that is looked at.
const LOOKED_AT: Duration = Duration::from_millis(100);

/// Since when the store is away, and why.
#[derive(Debug, Clone, Default)]
pub(super) struct AwayStore(Arc<Mutex<Option<(Instant, String)>>>);

impl AwayStore {
    fn set(&self, away: Option<(Instant, String)>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = away;
    }

    /// Waits until the store has been away for too long, and says why it is.
    pub(super) async fn for_too_long(&self) -> String {
        loop {
            sleep(LOOKED_AT).await;
            let away = self.0.lock().unwrap_or_else(PoisonError::into_inner).clone();
            if let Some((since, message)) = away
                && since.elapsed() >= PATIENCE
            {
                return message;
            }
        }
    }
}

impl Observer for AwayStore {
    fn notice(&self, notice: &Notice<'_>) {
        match notice {
            Notice::JournalAway { .. } => self.set(Some((Instant::now(), notice.to_string()))),
            Notice::JournalBack { .. } => self.set(None),
            _ => {}
        }
    }
}
