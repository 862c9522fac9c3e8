//! Views of holds.

use crate::scheduler::HoldView;
use crate::scheduler::state::State;

impl State {
    pub(in crate::scheduler) fn hold_views(&self) -> impl Iterator<Item = HoldView> {
        self.holds.iter().map(|(host, hold)| HoldView {
            host: host.clone(),
            hold: hold.clone(),
        })
    }
}
