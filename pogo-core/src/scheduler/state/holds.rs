//! Holds, as part of what is known of hosts.

use std::sync::Arc;

use super::{Effect, Effects, HostState, Job, State};
use crate::fleet::{HostId, HostName};
use crate::plan::{BucketId, HoldOwner};
use crate::scheduler::{Actor, ApplyError, Hold, HostEventKind, JobId};

/// Why a host cannot be held now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum HoldBlocked {
    /// It has left the fleet.
    Removed,
    /// It is frozen.
    Frozen,
    /// Another holds it.
    Held,
    /// An attempt runs on it.
    Leased,
    /// A bucket has no slot for it.
    Full(BucketId),
}

impl State {
    /// Whether somebody holds a host, and not for this job.
    pub(crate) fn is_held_against(&self, job: &Job, host: HostId) -> bool {
        self.hosts.is_held(host) && {
            let hold = self.holds.in_force(self.fleet.name(host));
            hold.is_none_or(|hold| job.spec.under_hold.as_ref() != Some(&hold.owner))
        }
    }

    /// Whether anybody waits to hold a host.
    pub(crate) fn is_awaited(&self, host: HostId) -> bool {
        self.holds.any_waits() && !self.holds.waiting(self.fleet.name(host)).is_empty()
    }

    /// Who waits to hold a host, and not for this job.
    pub(crate) fn next_holder(&self, job: &Job, host: HostId) -> Option<&Hold> {
        if !self.holds.any_waits() {
            return None;
        }
        let mut waiting = self.holds.waiting(self.fleet.name(host)).iter();
        waiting.find(|hold| job.spec.under_hold.as_ref() != Some(&hold.owner))
    }

    /// Whether a host can be held now. One that is unavailable already takes nothing away, so it needs no slot.
    pub(crate) fn can_be_held(&self, host: HostId) -> Result<(), HoldBlocked> {
        if self.hosts.is_removed(host) {
            Err(HoldBlocked::Removed)
        } else if self.freezes.is_frozen(host) {
            Err(HoldBlocked::Frozen)
        } else if self.hosts.is_held(host) {
            Err(HoldBlocked::Held)
        } else if self.hosts.is_leased(host) {
            Err(HoldBlocked::Leased)
        } else if self.hosts.is_stuck(host) {
            Ok(())
        } else {
            let full = self.full_for_hold(self.rules.profile_of(host)).next();
            full.map_or(Ok(()), |bucket| Err(HoldBlocked::Full(bucket)))
        }
    }

    /// A host of the fleet that somebody waits to hold, by name.
    pub(crate) fn awaited_hosts(&self) -> impl Iterator<Item = HostId> {
        let hosts = self.holds.awaited().filter_map(|host| self.fleet.id(host.as_str()));
        hosts.filter(|&host| !self.hosts.is_removed(host))
    }

    /// Whether the event of a hold can come next.
    pub(super) fn validate_hold(&self, host: &HostName, event: &HostEventKind) -> Result<(), ApplyError> {
        let follows = match event {
            HostEventKind::MarkedDown { .. } | HostEventKind::MarkedUp { .. } | HostEventKind::FenceForced { .. } => {
                true
            }
            HostEventKind::HoldWaiting { owner, .. } => {
                self.host_id(host)?;
                self.holds.of(host, owner).is_none()
            }
            HostEventKind::Held { owner, waited, .. } => {
                let id = self.host_id(host)?;
                let free = !self.hosts.is_removed(id) && !self.hosts.is_leased(id) && !self.hosts.is_held(id);
                let waits = self.holds.waiting(host).iter().any(|hold| hold.owner == *owner);
                free && (waits || !waited)
            }
            HostEventKind::Released { owner, .. } => self.holds.of(host, owner).is_some(),
        };
        match follows {
            true => Ok(()),
            false => Err(ApplyError::WrongHold { host: host.clone() }),
        }
    }

    pub(super) fn wait_for_hold(
        &mut self,
        host: &HostName,
        hold: Hold,
        effects: &mut Effects,
    ) -> Result<(), ApplyError> {
        let id = self.host_id(host)?;
        self.holds.put(host, hold);
        effects.push(Effect::HoldsChanged(id));
        Ok(())
    }

    pub(super) fn hold(
        &mut self,
        host: &HostName,
        by: (&HoldOwner, Option<&Arc<Actor>>),
        reason: &str,
        effects: &mut Effects,
    ) -> Result<(), ApplyError> {
        let (id, at) = (self.host_id(host)?, self.at);
        let fresh = self.new_hold(by, reason, 0);
        // One that waited keeps who ordered it, why and when: those belong to the order, and not to
        // the moment at which it is granted.
        let hold = self.holds.remove(host, by.0).unwrap_or(fresh);
        let since = Some(at);
        self.holds.put(host, Hold { since, ..hold });
        let changing = self.changing(id);
        self.change_host(changing, effects, |host| host.held = true);
        // A host that was unavailable before is no longer repaired by jobs that are not under the hold.
        effects.extend([Effect::HostMarked(id), Effect::HoldsChanged(id)]);
        Ok(())
    }

    pub(super) fn release(
        &mut self,
        host: &HostName,
        owner: &HoldOwner,
        effects: &mut Effects,
    ) -> Result<(), ApplyError> {
        let ended = self.holds.remove(host, owner);
        // One that has left the fleet has no slots to give back.
        let known = self.fleet.id(host.as_str());
        let Some(id) = known.filter(|&id| !self.hosts.is_removed(id)) else {
            return Ok(());
        };
        if ended.is_some_and(|hold| hold.since.is_some()) {
            let changing = self.changing(id);
            self.change_host(changing, effects, |host| host.held = false);
            // Jobs may repair a host that has failed.
            effects.extend([Effect::HostMarked(id), Effect::HostChanged(id)]);
        }
        effects.push(Effect::HoldsChanged(id));
        Ok(())
    }

    /// A hold that is ordered now, and waits behind the jobs that are there.
    pub(super) fn new_hold(
        &self,
        (owner, actor): (&HoldOwner, Option<&Arc<Actor>>),
        reason: &str,
        priority: i32,
    ) -> Hold {
        Hold {
            owner: owner.clone(),
            actor: actor.cloned(),
            reason: reason.to_owned(),
            priority,
            ordered: self.at,
            since: None,
            behind: self.jobs.last().max(self.retired.highest).unwrap_or(JobId::new(0)),
        }
    }

    /// Marks hosts as held that are in the fleet again.
    pub(super) fn hold_returned(&mut self) {
        let held: Vec<HostId> = self
            .holds
            .held()
            .filter_map(|host| self.fleet.id(host.as_str()))
            .collect();
        for host in held {
            let known = self.host(host);
            if known.held || known.left.is_some() {
                continue;
            }
            // A host that was unavailable all along has been so since then, whatever holds its slot
            // now.
            let since = if known.is_unavailable() { known.since } else { self.at };
            self.put_host(
                host,
                HostState {
                    held: true,
                    since,
                    ..known
                },
            );
        }
    }

    /// Whether exactly those hosts of the fleet are marked as held that somebody holds.
    pub(in crate::scheduler) fn wrongly_held(&self) -> Option<HostId> {
        let is_held = |host: HostId| self.holds.in_force(self.fleet.name(host)).is_some();
        let wrong = |host: &HostId| self.hosts.is_held(*host) != (is_held(*host) && !self.hosts.is_removed(*host));
        self.fleet.ids().find(wrong)
    }
}
