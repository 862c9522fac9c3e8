//! Hosts in doubt that are asked again by and by, without an order.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use crate::Timestamp;
use crate::scheduler::AttemptId;

/// When the hosts of attempts in doubt are asked next. Costs nothing while nothing is in doubt.
#[derive(Debug, Default)]
pub(super) struct LaterQuestions {
    in_order: BTreeSet<(Timestamp, AttemptId)>,
    /// When each is asked next, and how long that was to wait.
    by_attempt: BTreeMap<AttemptId, (Timestamp, Duration)>,
}

impl LaterQuestions {
    /// A link that has just broken is likely to be broken a moment later, and what ran may not have noticed yet.
    const FIRST: Duration = Duration::from_secs(5);
    /// Each pause is twice as long as the one before, up to this one: ten thousand hosts that stay away are six
    /// connections a second.
    const LONGEST: Duration = Duration::from_secs(1_800);

    /// Asks about this attempt after a pause that is longer each time.
    pub(super) fn add(&mut self, attempt: AttemptId, now: Timestamp) {
        let before = self.by_attempt.get(&attempt).copied();
        let pause = before.map_or(Self::FIRST, |(_, pause)| (2 * pause).min(Self::LONGEST));
        if let Some((at, _)) = before {
            self.in_order.remove(&(at, attempt));
        }
        self.in_order.insert((now + pause, attempt));
        self.by_attempt.insert(attempt, (now + pause, pause));
    }

    /// Nothing more is to be learned of it.
    pub(super) fn forget(&mut self, attempt: AttemptId) {
        if let Some((at, _)) = self.by_attempt.remove(&attempt) {
            self.in_order.remove(&(at, attempt));
        }
    }

    pub(super) fn next_timeout(&self) -> Option<Timestamp> {
        self.in_order.first().map(|(at, _)| *at)
    }

    /// Those whose time has come. Each is [added](Self::add) or [forgotten](Self::forget) next.
    pub(super) fn take_due(&mut self, now: Timestamp) -> Vec<AttemptId> {
        let mut due = Vec::new();
        while let Some(&(at, attempt)) = self.in_order.first().filter(|(at, _)| *at <= now) {
            self.in_order.remove(&(at, attempt));
            due.push(attempt);
        }
        due
    }
}
