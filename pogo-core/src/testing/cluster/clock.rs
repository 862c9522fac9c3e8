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
