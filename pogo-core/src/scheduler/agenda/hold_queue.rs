//! Holds that wait, as classes of tasks do: those under the same limits in one line, of which only the first is looked
//! at.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use super::key::{Key, Urgency};
use super::load::Load;
use crate::Timestamp;
use crate::fleet::HostId;
use crate::plan::BucketId;
use crate::scheduler::JobId;
use crate::scheduler::collections::FastMap;
use crate::scheduler::state::{HoldBlocked, State};

/// Hosts that wait to be held. Empty where nobody waits, so that it costs other namespaces nothing.
#[derive(Debug, Clone, Default)]
pub(super) struct HoldQueue {
    /// Hosts of which something has changed, to be put into their lines.
    touched: BTreeSet<HostId>,
    lines: BTreeMap<Line, BTreeSet<HoldOrder>>,
    line_of: FastMap<HostId, (Line, HoldOrder)>,
    /// Lines of which the first may be held.
    woken: BTreeSet<Line>,
    /// The others, each by one bucket that has no slot for it.
    waiting_in: FastMap<BucketId, BTreeSet<Line>>,
}

/// Hosts under the same limits: their profile, and whether they need a slot.
type Line = (u32, bool);

/// Where a hold stands in its line: by priority, then as it was ordered.
type HoldOrder = (Reverse<i32>, JobId, Timestamp, HostId);

impl HoldQueue {
    pub(super) fn of(state: &State) -> Self {
        Self {
            touched: state.awaited_hosts().collect(),
            ..Self::default()
        }
    }

    /// Something has changed that decides whether a host can be held.
    pub(super) fn touch(&mut self, state: &State, host: HostId) {
        // Each start and end of a task comes here: where nobody waits for a hold it costs two
        // comparisons.
        if state.holds.any_waits() || !self.line_of.is_empty() {
            self.touched.insert(host);
        }
    }

    /// These buckets may have room.
    pub(super) fn wake(&mut self, buckets: &[BucketId]) {
        if self.waiting_in.is_empty() {
            return;
        }
        for bucket in buckets {
            self.woken.extend(self.waiting_in.remove(bucket).into_iter().flatten());
        }
    }

    fn put_in_line(&mut self, state: &State, host: HostId) {
        // Taken out first: its profile or its need of a slot may have changed, and with them its
        // line.
        if let Some((line, order)) = self.line_of.remove(&host)
            && let Some(orders) = self.lines.get_mut(&line)
        {
            orders.remove(&order);
            if orders.is_empty() {
                self.lines.remove(&line);
            }
        }
        let Some(hold) = state.holds.next(state.fleet.name(host)) else {
            return;
        };
        if !matches!(state.can_be_held(host), Ok(()) | Err(HoldBlocked::Full(_))) {
            // What is in the way is of this host alone, and touches it when it ends.
            return;
        }
        let line = (state.rules.profile_of(host), !state.hosts.is_stuck(host));
        let order = (Reverse(hold.priority), hold.behind, hold.ordered, host);
        self.lines.entry(line).or_default().insert(order);
        self.line_of.insert(host, (line, order));
        self.woken.insert(line);
    }

    /// The first of a line that can be held; the line waits if its limits have no slot.
    fn first_in(&mut self, state: &State, line: Line) -> Option<HoldOrder> {
        loop {
            let &order = self.lines.get(&line)?.first()?;
            let (.., host) = order;
            match state.can_be_held(host) {
                Ok(()) => return Some(order),
                Err(HoldBlocked::Full(bucket)) if line.1 => {
                    self.waiting_in.entry(bucket).or_default().insert(line);
                    return None;
                }
                // An attempt has begun there since it was put in line.
                Err(_) => self.put_in_line(state, host),
            }
        }
    }

    /// The firsts of all lines that can be held.
    fn firsts(&mut self, state: &State) -> Vec<(Line, HoldOrder)> {
        for host in std::mem::take(&mut self.touched) {
            self.put_in_line(state, host);
        }
        let mut firsts = Vec::new();
        // Each line is asked for its first alone: those behind it need the same slots, and would be
        // refused too.
        while let Some(line) = self.woken.pop_first() {
            firsts.extend(self.first_in(state, line).map(|order| (line, order)));
        }
        // All stay awake: one of them at most is held now, and it may take the slot that another would have had.
        self.woken.extend(firsts.iter().map(|&(line, _)| line));
        firsts
    }

    /// The hold whose turn is before that of all others, if any can be in force now.
    pub(super) fn next(&mut self, state: &State, load: &Load) -> Option<(Key, HostId)> {
        if self.touched.is_empty() && self.woken.is_empty() {
            return None;
        }
        let firsts = self.firsts(state);
        let urgency = |&((profile, _), order): &(Line, HoldOrder)| {
            let (Reverse(priority), behind, ..) = order;
            let key = Urgency {
                priority,
                tries: 0,
                load: load.of(state, profile),
                expected: 0,
                job: behind.index(),
                // Behind all tasks of the job.
                rank: u32::MAX,
            };
            (Key::from(key), Reverse(order))
        };
        let (key, Reverse((.., host))) = firsts.iter().map(urgency).max()?;
        Some((key, host))
    }
}
