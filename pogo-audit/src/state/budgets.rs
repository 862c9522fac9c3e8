//! How many of a job's hosts failed, and how many may.

use std::collections::BTreeMap;

use super::namespace::{GroupBudget, Namespace};
use crate::finding::{Breach, BrokenRule, broken};
use pogo_core::fleet::HostId;

/// One budget of one job.
#[derive(Clone, Default)]
struct Budget {
    group: Option<GroupBudget>,
    allowed: u32,
    failed: u32,
    /// Failures that an operator has accepted.
    forgiven: u32,
}

impl Budget {
    fn is_exceeded(&self) -> bool {
        self.failed.saturating_sub(self.forgiven) > self.allowed
    }

    fn count(&mut self, failed: bool) {
        if failed {
            self.failed += 1;
        } else {
            self.failed = self.failed.saturating_sub(1);
            // An accepted failure that is tried again and fails again is a new one.
            self.forgiven = self.forgiven.min(self.failed);
        }
    }
}

/// All budgets of one job.
#[derive(Default)]
pub(crate) struct Budgets {
    job: Budget,
    /// Whether the job as a whole has a budget.
    limited: bool,
    groups: BTreeMap<u32, Budget>,
}

impl Budgets {
    pub(crate) fn new(namespace: &Namespace, hosts: &[HostId]) -> Self {
        let mut members: BTreeMap<u32, u32> = BTreeMap::new();
        let groups = hosts.iter().flat_map(|host| &namespace.budgets_of[host.index()]);
        groups.for_each(|&group| *members.entry(group).or_default() += 1);
        let budget = |(group, members): (u32, u32)| {
            let of = namespace.budgets[group as usize].clone();
            let budget = Budget {
                // A share of the job's hosts in this group: of the whole group, a small job could
                // fail everywhere.
                allowed: of.limit.tolerated(members),
                group: Some(of),
                ..Budget::default()
            };
            (group, budget)
        };
        Self {
            groups: members.into_iter().map(budget).collect(),
            ..Self::default()
        }
    }

    /// Carries failures over to another policy. A share stays that of the hosts at submission, and accepted failures
    /// stay accepted.
    pub(crate) fn after(mut self, before: &Self) -> Self {
        (self.job, self.limited) = (before.job.clone(), before.limited);
        for budget in self.groups.values_mut() {
            match before.groups.values().find(|before| before.group == budget.group) {
                Some(kept) => {
                    budget.allowed = kept.allowed;
                    budget.forgiven = kept.forgiven.min(budget.failed);
                }
                // A budget that is new in this policy starts with what the operator accepted for
                // the job as a whole.
                None => budget.forgiven = before.job.forgiven.min(budget.failed),
            }
        }
        self
    }

    pub(crate) fn allow(&mut self, failures: Option<u32>) {
        (self.job.allowed, self.limited) = (failures.unwrap_or(0), failures.is_some());
    }

    /// Counts a host of the job that has failed, or that no longer counts as failed.
    pub(crate) fn count(&mut self, namespace: &Namespace, host: HostId, failed: bool) {
        self.job.count(failed);
        self.count_groups(namespace, host, failed);
    }

    pub(crate) fn count_groups(&mut self, namespace: &Namespace, host: HostId, failed: bool) {
        for group in &namespace.budgets_of[host.index()] {
            if let Some(budget) = self.groups.get_mut(group) {
                budget.count(failed);
            }
        }
    }

    /// Accepts the failures so far: an operator has resumed the job.
    pub(crate) fn forgive(&mut self) {
        for budget in self.groups.values_mut().chain([&mut self.job]) {
            budget.forgiven = budget.failed;
        }
    }

    pub(crate) fn are_none(&self) -> bool {
        self.groups.is_empty()
    }

    /// How many hosts of the job failed and how many may, if the budget is exceeded.
    pub(crate) fn exceeded(&self) -> Option<(u32, u32)> {
        let exceeded = self.limited && self.job.is_exceeded();
        exceeded.then_some((self.job.failed, self.job.allowed))
    }

    /// Whether no budget stops this host.
    pub(crate) fn allow_start(&self, namespace: &Namespace, host: HostId) -> Result<(), Breach> {
        let name = namespace.fleet.name(host);
        if self.limited && self.job.is_exceeded() {
            let message = format!(
                "`{name}` starts although {} of the job failed, and {} may",
                self.job.failed, self.job.allowed
            );
            return broken(BrokenRule::Failures, message);
        }
        let of_host = namespace.budgets_of[host.index()].iter();
        let mut of_host = of_host.filter_map(|group| self.groups.get(group));
        match of_host.find(|budget| budget.is_exceeded()) {
            Some(Budget {
                group, failed, allowed, ..
            }) => {
                let group = group.as_ref().map_or("", |group| &group.label);
                let message = format!("`{name}` starts although {failed} of {group} failed, and {allowed} may");
                broken(BrokenRule::Failures, message)
            }
            None => Ok(()),
        }
    }
}
