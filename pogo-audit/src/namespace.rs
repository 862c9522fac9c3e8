//! Hosts and limits of the namespace, as the records so far have them.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::finding::{Breach, Broken, broken};
use super::freezes::Freeze;
use super::groups::Groups;
use pogo_core::fleet::{Fleet, FleetBuilder, HostId, HostName};
use pogo_core::policy::{Limit, Policy, Rule};
use pogo_core::scheduler::{AttemptId, JobId};

/// A limit on a group.
pub(super) struct Limited {
    label: String,
    rule: Rule,
    places: u32,
    running: u32,
    unavailable: u32,
}

/// A failure budget of a group.
#[derive(Clone, PartialEq)]
pub(super) struct Budgeted {
    pub(super) label: String,
    pub(super) limit: Limit,
}

/// What is known of a host.
#[derive(Clone, Default)]
pub(super) struct Known {
    pub(super) running: Option<(JobId, AttemptId)>,
    /// Jobs whose last attempt here failed or is in doubt, since an attempt last succeeded.
    pub(super) bad: BTreeSet<JobId>,
    pub(super) down: bool,
    /// It left the fleet.
    pub(super) gone: bool,
}

impl Known {
    pub(super) fn is_away(&self) -> bool {
        self.running.is_some() || !self.bad.is_empty() || self.down
    }
}

/// Everything that jobs share.
#[derive(Default)]
pub(super) struct Namespace {
    pub(super) fleet: Arc<Fleet>,
    pub(super) policy: Arc<Policy>,
    hosts: Vec<Known>,
    limits: Vec<Limited>,
    limits_of: Vec<Vec<u32>>,
    pub(super) budgets: Vec<Budgeted>,
    pub(super) budgets_of: Vec<Vec<u32>>,
    pub(super) freezes: Vec<Freeze>,
}

impl Namespace {
    /// Takes another fleet and policy. Hosts that run are counted on, with the tags they had; those that jobs still name
    /// are known on.
    pub(super) fn configure(
        &mut self,
        fleet: &Arc<Fleet>,
        policy: &Arc<Policy>,
        named: &[HostName],
    ) -> Result<(), Breach> {
        let mut builder = FleetBuilder::from(fleet.as_ref());
        for name in named.iter().filter(|name| fleet.id(name.as_str()).is_none()) {
            builder = builder.host(name.as_str());
            let before = self.fleet.id(name.as_str());
            if let Some(host) = before.filter(|host| self.hosts[host.index()].running.is_some()) {
                for tag in self.fleet.tags_of(host) {
                    builder = builder.tag(self.fleet.tag_path(tag).as_str());
                }
            }
        }
        let extended = match builder.build() {
            Ok(extended) => Arc::new(extended),
            Err(error) => return broken(Broken::Log, error.to_string()),
        };
        let mut hosts = vec![Known::default(); extended.len()];
        for host in extended.ids() {
            let name = extended.name(host).as_str();
            let gone = fleet.id(name).is_none();
            let before = self.fleet.id(name).map(|before| self.hosts[before.index()].clone());
            let kept = before.filter(|before| !gone || before.running.is_some());
            hosts[host.index()] = Known {
                gone,
                ..kept.unwrap_or_default()
            };
        }
        (self.fleet, self.policy, self.hosts) = (extended, Arc::clone(policy), hosts);
        self.work_out_limits();
        self.freeze_anew();
        Ok(())
    }

    fn work_out_limits(&mut self) {
        (self.limits, self.budgets) = (vec![], vec![]);
        self.limits_of = vec![vec![]; self.fleet.len()];
        self.budgets_of = vec![vec![]; self.fleet.len()];
        for constraint in &self.policy.constraints {
            let groups = Groups::of(&self.fleet, constraint);
            let (list, first) = match constraint.rule {
                Rule::MaxFailures(_) => (&mut self.budgets_of, self.budgets.len()),
                _ => (&mut self.limits_of, self.limits.len()),
            };
            let mut sizes = vec![0; groups.labels.len()];
            for (host, of_host) in groups.of_host.iter().enumerate() {
                for &group in of_host {
                    sizes[group as usize] += u32::from(!self.hosts[host].gone);
                    list[host].push(u32::try_from(first).unwrap_or(u32::MAX) + group);
                }
            }
            for (label, size) in groups.labels.into_iter().zip(sizes) {
                let (rule, limit) = (constraint.rule, constraint.rule.limit());
                match rule {
                    Rule::MaxFailures(_) => self.budgets.push(Budgeted { label, limit }),
                    _ => self.limits.push(Limited::new(label, rule, size)),
                }
            }
        }
        for (host, limits) in self.hosts.iter().zip(&self.limits_of) {
            for &limit in limits {
                self.limits[limit as usize].running += u32::from(host.running.is_some());
                self.limits[limit as usize].unavailable += u32::from(host.is_away());
            }
        }
    }

    pub(super) fn id(&self, host: &HostName) -> Result<HostId, Breach> {
        match self.fleet.id(host.as_str()) {
            Some(host) => Ok(host),
            None => broken(Broken::Log, format!("`{host}` is not in the fleet")),
        }
    }

    pub(super) fn host(&self, host: HostId) -> &Known {
        &self.hosts[host.index()]
    }

    pub(super) fn change(&mut self, host: HostId, change: impl FnOnce(&mut Known)) {
        let entry = &mut self.hosts[host.index()];
        let before = (entry.running.is_some(), entry.is_away());
        change(entry);
        let after = (entry.running.is_some(), entry.is_away());
        for &limit in &self.limits_of[host.index()] {
            let limit = &mut self.limits[limit as usize];
            limit.running = limit.running + u32::from(after.0) - u32::from(before.0);
            limit.unavailable = limit.unavailable + u32::from(after.1) - u32::from(before.1);
        }
    }

    pub(super) fn limits_of(&self, host: HostId) -> &[u32] {
        &self.limits_of[host.index()]
    }

    /// The first limit that has no room for this host.
    pub(super) fn full_limit(&self, host: HostId) -> Option<u32> {
        let away = self.hosts[host.index()].is_away();
        let full = |limit: &&u32| {
            let limit = &self.limits[**limit as usize];
            let runs = !matches!(limit.rule, Rule::MinAvailable(_)) && limit.running >= limit.places;
            runs || (!away && limit.rule.counts_unavailable() && limit.unavailable >= limit.places)
        };
        self.limits_of(host).iter().find(full).copied()
    }

    /// Whether every limit has a place for this host.
    pub(super) fn has_place(&self, host: HostId) -> Result<(), Breach> {
        let name = self.fleet.name(host);
        for &limit in &self.limits_of[host.index()] {
            let Limited {
                label,
                rule,
                places,
                running,
                unavailable,
            } = &self.limits[limit as usize];
            if !matches!(rule, Rule::MinAvailable(_)) && running >= places {
                let message = format!("`{name}` starts while {running} of {label} run, and {rule} allows {places}");
                return broken(Broken::Running, message);
            }
            if !self.hosts[host.index()].is_away() && rule.counts_unavailable() && unavailable >= places {
                let message =
                    format!("`{name}` is taken away while {unavailable} of {label} are, and {rule} allows {places}");
                return broken(Broken::Available, message);
            }
        }
        Ok(())
    }
}

impl Limited {
    fn new(label: String, rule: Rule, size: u32) -> Self {
        let places = match rule {
            Rule::MinAvailable(limit) => limit.spare(size),
            rule => rule.limit().places(size),
        };
        Self {
            label,
            rule,
            places,
            running: 0,
            unavailable: 0,
        }
    }
}
