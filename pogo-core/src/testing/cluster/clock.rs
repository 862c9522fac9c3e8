//! The clock of a dispatcher's machine.

use std::sync::Arc;

use async_trait::async_trait;

use super::executor::{Millis, Simulation};
use crate::Timestamp;
use crate::dispatcher::Clock;

/// A clock that is ahead of the world's.
pub(super) struct ProcessClock {
    simulation: Arc<Simulation>,
    ahead: Millis,
}

/// The date on which every run begins, by a clock that is right.
const BEGINNING: Millis = 1_795_874_520_000;

impl ProcessClock {
    /// Clocks of processes are ahead of the world's. So is that of the journal's store, and the others are ahead of it
    /// or behind.
    pub(super) const STORE_AHEAD: Millis = 25_000;

    pub(super) fn store_time(now: Millis) -> Timestamp {
        Timestamp::from_millis(now + BEGINNING + Self::STORE_AHEAD)
    }

    pub(super) fn new(simulation: &Arc<Simulation>, ahead: Millis) -> Self {
        Self {
            simulation: Arc::clone(simulation),
            ahead: BEGINNING + ahead,
        }
    }
}

#[async_trait]
impl Clock for ProcessClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_millis(self.simulation.now() + self.ahead)
    }

    async fn sleep_until(&self, deadline: Timestamp) {
        let at = deadline.as_millis().saturating_sub(self.ahead);
        self.simulation.sleep_until(at).await;
    }
}
