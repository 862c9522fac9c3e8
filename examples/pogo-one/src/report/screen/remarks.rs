//! What is said beside what hosts write.

use super::super::{Summary, terminal};
use super::ScreenState;

impl ScreenState {
    /// Says what others have ordered. A replay that is not live prints all orders by itself.
    pub(super) fn tell_orders(&mut self) {
        for order in self.orders.take(self.pane.is_live()) {
            self.say(&order);
        }
    }

    /// Says what holds back the job and what clears that, to whoever watches it now: of a past that is shown, what held
    /// it back before has been cleared.
    pub(super) fn tell_blocked(&mut self) {
        let is_blocked = !self.progress.blocked_by.is_empty();
        if is_blocked && !self.told_blocked && self.is_kept && self.pane.is_live() {
            let summary = Summary::of(&self.progress, &self.tails).kept(true);
            let said = summary.obstacles();
            self.say(said.trim_start_matches('\n').trim_end());
        }
        self.told_blocked = is_blocked;
    }

    pub(super) fn say(&mut self, remark: &str) {
        self.pane.above_err(|| terminal::remark(remark));
    }
}
