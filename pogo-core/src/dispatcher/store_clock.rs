//! The clock of the journal's store, and how far this dispatcher's is from it.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use futures::future::{Either, FutureExt, select};

use super::Clock;
use crate::journal::{ClockSkew, Journal, JournalError};

/// Measures the skew, and knows what was measured last. Cheap to clone.
#[derive(Clone)]
pub(super) struct StoreClock {
    journal: Arc<dyn Journal>,
    clock: Arc<dyn Clock>,
    last: Arc<Mutex<Option<ClockSkew>>>,
}

/// How far this clock is from that of the store, if that has one of its own.
pub(super) async fn clock_skew(journal: &dyn Journal, clock: &dyn Clock) -> Result<Option<ClockSkew>, JournalError> {
    let asked = clock.now();
    let time = journal.store_time().await?;
    let answered = clock.now();
    Ok(time.map(|time| ClockSkew::between((asked, answered), time)))
}

impl StoreClock {
    /// How long whoever wants to know it waits for the store at most.
    const ANSWERS_WITHIN: Duration = Duration::from_secs(1);

    pub(super) fn new(journal: Arc<dyn Journal>, clock: Arc<dyn Clock>, measured: Option<ClockSkew>) -> Self {
        Self {
            journal,
            clock,
            last: Arc::new(Mutex::new(measured)),
        }
    }

    /// The skew by now, or the last one that was measured where the store does not answer.
    pub(super) async fn skew(&self) -> Option<ClockSkew> {
        let late = self.clock.sleep_until(self.clock.now() + Self::ANSWERS_WITHIN);
        let measured = clock_skew(self.journal.as_ref(), self.clock.as_ref()).boxed();
        let measured = match select(measured, late).await {
            Either::Left((Ok(measured), _)) => Some(measured),
            // Measured anew and not estimated: a clock that is being set is just what this is to
            // show.
            Either::Left((Err(_), _)) | Either::Right(_) => None,
        };
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(measured) = measured {
            *last = measured;
        }
        *last
    }
}
