//! What only an order clears, of what is in the way of several hosts of a job.

use std::collections::{BTreeMap, BTreeSet};

use super::Explainer;
use super::holds::{frozen, held};
use crate::fleet::{HostId, HostName};
use crate::plan::{BucketId, HoldOwner, StageId};
use crate::scheduler::{Freeze, Hold, Obstacle};

/// What is in the way, each thing once, however many hosts it is in the way of.
#[derive(Default)]
struct RootCauses<'a> {
    /// The kinds of hosts that were looked at. Those with the same limits, in the same stages and in the same need wait
    /// for the same: one of each kind is looked at.
    kinds: BTreeSet<(u32, u32, bool)>,
    budgets: BTreeSet<u32>,
    /// Stages that are not complete, and the first that waits for each.
    gates: BTreeMap<StageId, StageId>,
    /// Stages that wait.
    waves: BTreeSet<StageId>,
    buckets: BTreeSet<BucketId>,
    freezes: Vec<&'a Freeze>,
    holds: BTreeMap<&'a HoldOwner, (Vec<HostName>, &'a Hold)>,
}

impl<'a> Explainer<'a> {
    /// What only an order clears, of what is in the way of these tasks.
    pub(super) fn roots(&self, tasks: impl Iterator<Item = u32>) -> Vec<Obstacle> {
        let mut causes = RootCauses::default();
        for task in tasks {
            self.add_causes(&mut causes, task);
        }
        let mut found: Vec<Obstacle> = causes.budgets.into_iter().filter_map(|at| self.budget(at)).collect();
        for (before, stage) in causes.gates {
            if self.needs_orders(before) {
                found.push(self.gate(stage, before));
            }
        }
        found.extend(self.unpromoted().filter(|_| !causes.waves.is_empty()));
        found.extend(causes.freezes.into_iter().map(frozen));
        found.extend(causes.holds.into_values().map(|(hosts, hold)| held(hosts, hold)));
        found.extend(self.forecast.full_buckets(&causes.buckets));
        found
    }

    fn add_causes(&self, causes: &mut RootCauses<'a>, task: u32) {
        let (job, state) = (self.job, self.state);
        let (target, host) = (job.target(task), job.host(task));
        let repair = self.forecast.needs_repair(job, host);
        self.add_freezes(&mut causes.freezes, host);
        let is_held = state.is_held_against(job, host);
        let in_force = state.holds.in_force(state.fleet.name(host)).filter(|_| is_held);
        for hold in in_force.into_iter().chain(state.next_holder(job, host)) {
            let hosts = &mut causes.holds.entry(&hold.owner).or_insert_with(|| (vec![], hold)).0;
            hosts.push(state.fleet.name(host).clone());
        }
        // A hold counts itself, so its hosts are not alike.
        if !is_held && !causes.kinds.insert((target.profile, target.track, repair)) {
            return;
        }
        causes.budgets.extend(state.rules.profile(target.profile).budgets);
        if job.is_unbound {
            return;
        }
        for stage in self.closed(task) {
            causes.waves.insert(stage);
            for before in self.incomplete(stage) {
                causes.gates.entry(before).or_insert(stage);
            }
        }
        let good = |bucket: &BucketId| match is_held {
            true => self.forecast.is_closed_after_release(*bucket, host),
            false => self.forecast.is_closed_to(*bucket, repair),
        };
        causes
            .buckets
            .extend(state.rules.buckets_of(host).iter().copied().filter(good));
    }

    /// Most hosts are under no freeze, and are not looked for among them.
    fn add_freezes(&self, freezes: &mut Vec<&'a Freeze>, host: HostId) {
        if !self.state.freezes.is_frozen(host) {
            return;
        }
        for freeze in self.state.freezes.of(host) {
            if !freezes.contains(&freeze) {
                freezes.push(freeze);
            }
        }
    }
}
