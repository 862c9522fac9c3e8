//! Which orders for hosts outside of jobs are refused: to hold, to release and to mark them.

use std::collections::{BTreeMap, BTreeSet};

use super::{CheckedOrder, EndedHolds, NewHolds};
use crate::fleet::{HostId, HostName};
use crate::plan::{BucketId, HoldOwner};
use crate::scheduler::state::State;
use crate::scheduler::{Actor, Hold, HoldMode, InputError};

impl State {
    pub(in crate::scheduler) fn check_hold(
        &self,
        holds: NewHolds,
        actor: Option<&Actor>,
    ) -> Result<CheckedOrder, InputError> {
        let mut fresh: Vec<HostId> = Vec::with_capacity(holds.hosts.len());
        let mut seen = BTreeSet::new();
        for host in &holds.hosts {
            let known = self.holds.of(host, &holds.owner);
            // Whoever takes the name of somebody else would lose the host when that one releases it.
            if let Some(hold) = known.filter(|hold| !hold.is_of(actor)) {
                return Err(held_by_another(host, hold));
            }
            if known.is_some_and(|hold| hold.since.is_some() || holds.mode == HoldMode::Wait) {
                continue;
            }
            let id = self.check_present(host)?;
            // A host that is named twice must not be counted as two slots.
            if seen.insert(id) {
                fresh.push(id);
            }
        }
        if fresh.is_empty() {
            return Ok(CheckedOrder::Nothing);
        }
        // All or nothing: whoever takes a rack out of service has no use for half of it.
        if holds.mode == HoldMode::Immediate {
            self.check_held_at_once(&fresh, &holds.owner)?;
        }
        let hosts = fresh.into_iter().map(|host| self.fleet.name(host).clone()).collect();
        Ok(CheckedOrder::Hold(NewHolds { hosts, ..holds }))
    }

    /// Refuses hosts that cannot be held now, one by one or together.
    fn check_held_at_once(&self, hosts: &[HostId], owner: &HoldOwner) -> Result<(), InputError> {
        let mut asked: BTreeMap<BucketId, u32> = BTreeMap::new();
        for &host in hosts {
            if self.can_be_held(host).is_err() {
                return Err(InputError::HoldRefused {
                    host: self.fleet.name(host).clone(),
                    obstacles: self.explain_hold(host, owner),
                });
            }
            // One that is unavailable has its slot already, whoever it is of.
            if !self.hosts.is_unavailable(host) {
                let held = self.rules.held_by(host);
                held.for_each(|bucket| *asked.entry(bucket).or_default() += 1);
            }
        }
        let free = |bucket: BucketId| {
            let (_, usage) = self.bucket(bucket);
            usage.limit.slots.saturating_sub(usage.unavailable)
        };
        match asked.into_iter().find(|&(bucket, asked)| asked > free(bucket)) {
            Some((bucket, asked)) => Err(InputError::TooManyHeld {
                group: self.rules.bucket(bucket).group.clone(),
                rule: self.rules.bucket(bucket).rule,
                asked,
                free: free(bucket),
            }),
            None => Ok(()),
        }
    }

    pub(in crate::scheduler) fn check_release(
        &self,
        hosts: &[HostName],
        by: HoldOwner,
        (reason, actor): (&str, Option<&Actor>),
        force: bool,
    ) -> Result<CheckedOrder, InputError> {
        let mut holds: Vec<(HostName, HoldOwner)> = Vec::new();
        // In the order of names, so that the same order makes the same records.
        for host in hosts.iter().collect::<BTreeSet<_>>() {
            if !self.holds.is_known(host) {
                self.check_present(host)?;
            } else if force {
                let of_host = self.holds.of_host(host);
                holds.extend(of_host.map(|hold| (host.clone(), hold.owner.clone())));
            } else if let Some(hold) = self.holds.of(host, &by) {
                if !hold.is_of(actor) {
                    return Err(held_by_another(host, hold));
                }
                holds.push((host.clone(), by.clone()));
            } else if let Some(hold) = self.holds.in_force(host) {
                return Err(held_by_another(host, hold));
            }
        }
        if holds.is_empty() {
            return Ok(CheckedOrder::Nothing);
        }
        let by = force.then_some(by);
        Ok(CheckedOrder::Release(EndedHolds {
            holds,
            by,
            reason: reason.to_owned(),
        }))
    }

    /// A host that the fleet has, and that has not left it.
    fn check_present(&self, host: &HostName) -> Result<HostId, InputError> {
        let known = self
            .fleet
            .id(host.as_str())
            .filter(|&host| !self.hosts.is_removed(host));
        known.ok_or_else(|| InputError::UnknownHost { host: host.clone() })
    }

    pub(in crate::scheduler) fn check_mark(&self, host: HostName, down: bool) -> Result<CheckedOrder, InputError> {
        let id = self.check_host(&host)?;
        let state = self.host(id);
        if state.left.is_some() {
            return Err(InputError::UnknownHost { host });
        }
        let is_stuck = state.down.is_some() || state.failed_attempt.is_some();
        let changes = if down { state.down.is_none() } else { is_stuck };
        Ok(if changes {
            CheckedOrder::Mark { host, down }
        } else {
            CheckedOrder::Nothing
        })
    }
}

fn held_by_another(host: &HostName, hold: &Hold) -> InputError {
    let (host, hold) = (host.clone(), Box::new(hold.clone()));
    InputError::HeldByAnother { host, hold }
}
