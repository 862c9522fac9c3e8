//! Hosts and limits of the namespace, as the records so far have them.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::freezes::Freezes;
use super::groups::Groups;
use super::holds::Holds;
use crate::finding::{Breach, BrokenRule, broken};
use pogo_core::fleet::{Fleet, FleetBuilder, HostId, HostName};
use pogo_core::policy::{Limit, Policy, Rule};
use pogo_core::scheduler::{AttemptId, JobId};

/// A limit of a group, and how many of its hosts count against it.
pub(crate) struct GroupLimit {
    label: String,
    rule: Rule,
    slots: u32,
    running: u32,
    unavailable: u32,
}

/// A failure budget of a group.
#[derive(Clone, PartialEq)]
pub(crate) struct GroupBudget {
    pub(crate) label: String,
    pub(crate) limit: Limit,
}

/// What the log says of a host.
#[derive(Clone, Default)]
pub(crate) struct HostState {
    pub(crate) running: Option<(JobId, AttemptId)>,
    /// Jobs whose last attempt here failed or is in doubt, since an attempt last succeeded.
    pub(crate) failed_jobs: BTreeSet<JobId>,
    pub(crate) down: bool,
    pub(crate) held: bool,
    /// The fleet no longer has it, and an attempt still runs there or a job names it.
    pub(crate) left_fleet: bool,
}

impl HostState {
    pub(crate) fn is_unavailable(&self) -> bool {
        self.running.is_some() || !self.failed_jobs.is_empty() || self.down || self.held
    }
}

/// Fleet, policy and hosts, which all jobs share.
#[derive(Default)]
pub(crate) struct Namespace {
    pub(crate) fleet: Arc<Fleet>,
    pub(crate) policy: Arc<Policy>,
    hosts: Vec<HostState>,
    limits: Vec<GroupLimit>,
    limits_of: Vec<Vec<u32>>,
    pub(crate) budgets: Vec<GroupBudget>,
    pub(crate) budgets_of: Vec<Vec<u32>>,
    pub(crate) freezes: Freezes,
    pub(crate) holds: Holds,
}

impl Namespace {
    /// Replaces fleet and policy. Hosts that left the fleet are kept while a job names them; those with a running
    /// attempt keep their tags too, since they still count against the limits of their groups.
    pub(crate) fn configure(
        &mut self,
        fleet: &Arc<Fleet>,
        policy: &Arc<Policy>,
        named: &[HostName],
    ) -> Result<(), Breach> {
        // One fleet with the old hosts in it, so that everything below can use positions and needs
        // no second kind of host.
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
            Err(error) => return broken(BrokenRule::Log, error.to_string()),
        };
        let mut hosts = vec![HostState::default(); extended.len()];
        for host in extended.ids() {
            let name = extended.name(host);
            let left_fleet = fleet.id(name.as_str()).is_none();
            let before = self
                .fleet
                .id(name.as_str())
                .map(|before| self.hosts[before.index()].clone());
            // A host that leaves and comes back starts afresh, but what runs there has to be
            // followed to its end.
            let kept = before.filter(|before| !left_fleet || before.running.is_some());
            hosts[host.index()] = HostState {
                left_fleet,
                held: !left_fleet && self.holds.is_held(name),
                ..kept.unwrap_or_default()
            };
        }
        (self.fleet, self.policy, self.hosts) = (extended, Arc::clone(policy), hosts);
        self.compile_constraints();
        self.freezes.resolve(&self.fleet);
        Ok(())
    }

    /// A fleet of these hosts and no policy, where neither is known.
    pub(crate) fn assume(&mut self, hosts: &[HostName]) -> Result<(), Breach> {
        let named = hosts
            .iter()
            .fold(Fleet::builder(), |fleet, host| fleet.host(host.as_str()));
        match named.build() {
            Ok(fleet) => self.configure(&Arc::new(fleet), &Arc::default(), &[]),
            Err(error) => broken(BrokenRule::Log, error.to_string()),
        }
    }

    fn compile_constraints(&mut self) {
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
                    // Shares are of the fleet as configured; leavers still count as users of slots
                    // below.
                    sizes[group as usize] += u32::from(!self.hosts[host].left_fleet);
                    list[host].push(u32::try_from(first).unwrap_or(u32::MAX) + group);
                }
            }
            for (label, size) in groups.labels.into_iter().zip(sizes) {
                let (rule, limit) = (constraint.rule, constraint.rule.limit());
                match rule {
                    Rule::MaxFailures(_) => self.budgets.push(GroupBudget { label, limit }),
                    _ => self.limits.push(GroupLimit::new(label, rule, size)),
                }
            }
        }
        for (host, limits) in self.hosts.iter().zip(&self.limits_of) {
            for &limit in limits {
                self.limits[limit as usize].running += u32::from(host.running.is_some());
                self.limits[limit as usize].unavailable += u32::from(host.is_unavailable());
            }
        }
    }

    pub(crate) fn id(&self, host: &HostName) -> Result<HostId, Breach> {
        match self.fleet.id(host.as_str()) {
            Some(host) => Ok(host),
            None => broken(BrokenRule::Log, format!("`{host}` is not in the fleet")),
        }
    }

    pub(crate) fn host(&self, host: HostId) -> &HostState {
        &self.hosts[host.index()]
    }

    pub(crate) fn change(&mut self, host: HostId, change: impl FnOnce(&mut HostState)) {
        let entry = &mut self.hosts[host.index()];
        let before = (entry.running.is_some(), entry.is_unavailable());
        change(entry);
        let after = (entry.running.is_some(), entry.is_unavailable());
        for &limit in &self.limits_of[host.index()] {
            let limit = &mut self.limits[limit as usize];
            // Added before subtracted: the other order could fall below 0 for a moment, and panic.
            limit.running = limit.running + u32::from(after.0) - u32::from(before.0);
            limit.unavailable = limit.unavailable + u32::from(after.1) - u32::from(before.1);
        }
    }

    pub(crate) fn limits_of(&self, host: HostId) -> &[u32] {
        &self.limits_of[host.index()]
    }

    /// The first limit without a free slot for this host.
    pub(crate) fn full_limit(&self, host: HostId) -> Option<u32> {
        let away = self.hosts[host.index()].is_unavailable();
        let full = |limit: &&u32| {
            let limit = &self.limits[**limit as usize];
            // A minimum says nothing of how many run, only of how many are away.
            let runs = !matches!(limit.rule, Rule::MinAvailable(_)) && limit.running >= limit.slots;
            // A host that is away already takes no further slot by starting: otherwise a failed
            // host could never be retried at a full limit.
            runs || (!away && limit.rule.counts_unavailable() && limit.unavailable >= limit.slots)
        };
        self.limits_of(host).iter().find(full).copied()
    }

    /// What keeps this host from being taken out of service without running, if a limit does.
    pub(crate) fn limit_on_hold(&self, host: HostId) -> Option<String> {
        let away = self.hosts[host.index()].is_unavailable();
        let mut limits = self.limits_of(host).iter().map(|&limit| &self.limits[limit as usize]);
        let full = |limit: &&GroupLimit| !away && limit.rule.counts_unavailable() && limit.unavailable >= limit.slots;
        let GroupLimit {
            label,
            rule,
            slots,
            unavailable,
            ..
        } = limits.find(full)?;
        let name = self.fleet.name(host);
        Some(format!(
            "`{name}` is held while {unavailable} of {label} are unavailable, and {rule} allows {slots}"
        ))
    }

    /// Whether every limit has a free slot for this host.
    pub(crate) fn allow_start(&self, host: HostId) -> Result<(), Breach> {
        let name = self.fleet.name(host);
        for &limit in &self.limits_of[host.index()] {
            let GroupLimit {
                label,
                rule,
                slots,
                running,
                unavailable,
            } = &self.limits[limit as usize];
            if !matches!(rule, Rule::MinAvailable(_)) && running >= slots {
                let message = format!("`{name}` starts while {running} of {label} run, and {rule} allows {slots}");
                return broken(BrokenRule::Running, message);
            }
            if !self.hosts[host.index()].is_unavailable() && rule.counts_unavailable() && unavailable >= slots {
                let message =
                    format!("`{name}` is taken away while {unavailable} of {label} are, and {rule} allows {slots}");
                return broken(BrokenRule::Available, message);
            }
        }
        Ok(())
    }
}

impl GroupLimit {
    fn new(label: String, rule: Rule, size: u32) -> Self {
        let slots = match rule {
            // As what it lets go, so that every kind of limit compares a count with its slots.
            Rule::MinAvailable(limit) => limit.spare(size),
            rule => rule.limit().slots(size),
        };
        Self {
            label,
            rule,
            slots,
            running: 0,
            unavailable: 0,
        }
    }
}
