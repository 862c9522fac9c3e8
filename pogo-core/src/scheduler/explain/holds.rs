//! What keeps somebody from holding a host.

use std::collections::BTreeSet;

use super::forecast::Forecast;
use crate::fleet::{HostId, HostName};
use crate::plan::{BucketId, HoldOwner};
use crate::scheduler::state::State;
use crate::scheduler::{Blocker, Cure, CureOrder, Freeze, Hold, HoldView, Obstacle};

impl State {
    /// What keeps this owner from holding a host that it waits to hold; nothing if it does not. `None` if there is no
    /// such host.
    pub(in crate::scheduler) fn explain_hold_of(&self, host: &HostName, owner: &HoldOwner) -> Option<Vec<Obstacle>> {
        let id = self.fleet.id(host.as_str())?;
        let hold = self.holds.of(host, owner);
        Some(match hold.is_some_and(|hold| hold.since.is_none()) {
            true => self.explain_hold(id, owner),
            false => vec![],
        })
    }

    /// What keeps this owner from holding a host that it does not hold.
    pub(in crate::scheduler) fn explain_hold(&self, host: HostId, owner: &HoldOwner) -> Vec<Obstacle> {
        let name = self.fleet.name(host);
        let mut found = Vec::new();
        if let Some((job, _)) = self.lease(host) {
            found.push(Obstacle::passing(Blocker::Leased { job }));
        }
        found.extend(self.freezes.of(host).map(frozen));
        let in_force = self.holds.in_force(name).filter(|hold| hold.owner != *owner);
        found.extend(in_force.map(|hold| held(vec![name.clone()], hold)));
        if !self.hosts.is_unavailable(host) {
            let full: BTreeSet<BucketId> = self.full_for_hold(self.rules.profile_of(host)).collect();
            found.extend(Forecast::beside(self, Some(host)).full_buckets(&full));
        }
        found
    }
}

impl Forecast<'_> {
    /// Obstacles of buckets that have no slot left.
    pub(super) fn full_buckets(&self, buckets: &BTreeSet<BucketId>) -> Vec<Obstacle> {
        let state = self.state;
        let mut holders = state.holders_of(buckets);
        let obstacle = |&bucket: &BucketId| {
            let limit = state.rules.bucket(bucket);
            let blocker = Blocker::BucketFull {
                group: limit.group.clone(),
                rule: limit.rule,
                slots: limit.slots,
                holders: holders.remove(&bucket).unwrap_or_default(),
                in_line: self.in_line(bucket),
                origin: limit.origin.clone(),
            };
            Obstacle {
                blocker,
                passes: !self.is_full_for_good(bucket),
                cures: self.free_slots(bucket),
            }
        };
        buckets.iter().map(obstacle).collect()
    }

    /// Holds that wait for slots of a bucket.
    fn in_line(&self, bucket: BucketId) -> Vec<HoldView> {
        if !self.state.holds.any_waits() {
            return vec![];
        }
        let hosts = self.stuck_in(bucket).map(|host| self.state.fleet.name(host));
        let waiting = hosts.flat_map(|host| {
            let holds = self.state.holds.waiting(host).iter().cloned();
            holds.map(|hold| HoldView {
                host: host.clone(),
                hold,
            })
        });
        waiting.collect()
    }
}

/// Somebody holds these hosts, or waits to.
pub(super) fn frozen(freeze: &Freeze) -> Obstacle {
    let hosts = freeze.hosts.clone();
    let cure = Cure::of(CureOrder::Thaw { hosts });
    Obstacle::lasting(Blocker::Frozen { freeze: freeze.clone() }, vec![cure])
}

pub(super) fn held(hosts: Vec<HostName>, hold: &Hold) -> Obstacle {
    let release = Cure::of(CureOrder::Release { hosts: hosts.clone() });
    let hold = hold.clone();
    Obstacle::lasting(Blocker::Held { hosts, hold }, vec![release])
}
