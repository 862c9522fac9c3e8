//! How many of a job's hosts failed, and how many may.

use std::collections::BTreeMap;

use super::finding::{Breach, Broken, broken};
use super::namespace::{Budgeted, Namespace};
use pogo_core::fleet::HostId;

/// One budget of one job.
#[derive(Clone, Default)]
struct Budget {
    of: Option<Budgeted>,
    allowed: u32,
    failed: u32,
    /// Failures that an operator has accepted.
    forgiven: u32,
}

impl Budget {
    fn is_exceeded(&self) -> bool {
        self.failed.saturating_sub(self.forgiven) > self.allowed
    }

    fn count(&mut self, fails: bool) {
        if fails {
            self.failed += 1;
        } else {
            self.failed = self.failed.saturating_sub(1);
            self.forgiven = self.forgiven.min(self.failed);
        }
    }
}

/// All budgets of one job.
#[derive(Default)]
pub(super) struct Budgets {
    job: Budget,
    /// Whether the job as a whole has one.
    limited: bool,
    groups: BTreeMap<u32, Budget>,
}

impl Budgets {
    pub(super) fn new(namespace: &Namespace, hosts: &[HostId]) -> Self {
        let mut members: BTreeMap<u32, u32> = BTreeMap::new();
        let groups = hosts.iter().flat_map(|host| &namespace.budgets_of[host.index()]);
        groups.for_each(|&group| *members.entry(group).or_default() += 1);
        let budget = |(group, members): (u32, u32)| {
            let of = namespace.budgets[group as usize].clone();
            let budget = Budget {
                allowed: of.limit.tolerated(members),
                of: Some(of),
                ..Budget::default()
            };
            (group, budget)
        };
        Self {
            groups: members.into_iter().map(budget).collect(),
            ..Self::default()
        }
    }

    /// The same failures under another policy: shares stay those of the hosts at submission, and what was accepted stays so.
    pub(super) fn after(mut self, before: &Self) -> Self {
        (self.job, self.limited) = (before.job.clone(), before.limited);
        for budget in self.groups.values_mut() {
            match before.groups.values().find(|before| before.of == budget.of) {
                Some(kept) => {
                    budget.allowed = kept.allowed;
                    budget.forgiven = kept.forgiven.min(budget.failed);
                }
                None => budget.forgiven = before.job.forgiven.min(budget.failed),
            }
        }
        self
    }

    pub(super) fn allow(&mut self, failures: Option<u32>) {
        (self.job.allowed, self.limited) = (failures.unwrap_or(0), failures.is_some());
    }

    /// A host of the job has failed, or no longer counts as failed.
    pub(super) fn count(&mut self, namespace: &Namespace, host: HostId, fails: bool) {
        self.job.count(fails);
        self.count_groups(namespace, host, fails);
    }

    pub(super) fn count_groups(&mut self, namespace: &Namespace, host: HostId, fails: bool) {
        for group in &namespace.budgets_of[host.index()] {
            if let Some(budget) = self.groups.get_mut(group) {
                budget.count(fails);
            }
        }
    }

    /// An operator lets the job go on.
    pub(super) fn forgive(&mut self) {
        for budget in self.groups.values_mut().chain([&mut self.job]) {
            budget.forgiven = budget.failed;
        }
    }

    pub(super) fn are_none(&self) -> bool {
        self.groups.is_empty()
    }

    /// How many of the job failed and may, if that is too many.
    pub(super) fn exceeded(&self) -> Option<(u32, u32)> {
        let exceeded = self.limited && self.job.is_exceeded();
        exceeded.then_some((self.job.failed, self.job.allowed))
    }

    /// Whether no budget stops this host.
    pub(super) fn allow_start(&self, namespace: &Namespace, host: HostId) -> Result<(), Breach> {
        let name = namespace.fleet.name(host);
        if self.limited && self.job.is_exceeded() {
            let message = format!(
                "`{name}` starts although {} of the job failed, and {} may",
                self.job.failed, self.job.allowed
            );
            return broken(Broken::Failures, message);
        }
        let of_host = namespace.budgets_of[host.index()].iter();
        let mut of_host = of_host.filter_map(|group| self.groups.get(group));
        match of_host.find(|budget| budget.is_exceeded()) {
            Some(Budget {
                of, failed, allowed, ..
            }) => {
                let group = of.as_ref().map_or("", |of| &of.label);
                let message = format!("`{name}` starts although {failed} of {group} failed, and {allowed} may");
                broken(Broken::Failures, message)
            }
            None => Ok(()),
        }
    }
}
