//! The policy's limits, compiled against a fleet: buckets, failure budgets, and which host is in which.

use std::fmt;
use std::hash::BuildHasher;

use rustc_hash::{FxBuildHasher, FxHashMap};
use serde::Serialize;
use smallvec::SmallVec;

use super::counting_sort::SortedByKey;
use super::groups::Groups;
use super::problem::{PlanError, PlanProblem, Warning};
use super::words;
use crate::fleet::{Fleet, HostId};
use crate::policy::{Constraint, Limit, Origin, Policy, Rule};
use crate::saturating::saturating_u32;

/// A bucket's position among the [`Rules`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct BucketId(pub(crate) u32);

impl BucketId {
    /// The position, for indexing.
    pub const fn index(self) -> usize {
        self.0 as usize
    }
}

/// One limit and the hosts it counts.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Bucket {
    /// The group, as in `$frontend & $colo.na`.
    pub group: String,
    /// The rule as the policy says it.
    #[serde(flatten)]
    pub rule: Rule,
    /// Hosts of the group in the fleet.
    pub hosts: u32,
    /// How many of them may be unavailable at once; the resolved number.
    pub slots: u32,
    /// Where the rule was written.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub origin: Option<Origin>,
}

impl Bucket {
    /// Whether the number also bounds how many run at once, and not only how many are unavailable.
    pub fn bounds_running(&self) -> bool {
        !matches!(self.rule, Rule::MinAvailable(_))
    }
}

/// As in `$frontend & $colo.na: max_parallel: 25% (5 slots)`.
impl fmt::Display for Bucket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let plural = if self.slots == 1 { "" } else { "s" };
        write!(f, "{}: {} ({} slot{plural})", self.group, self.rule, self.slots)
    }
}

/// A budget of failures for one group; counted for each job on its own.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct BudgetGroup {
    /// The group.
    pub group: String,
    /// How many of a job's hosts there may fail; a share is of the job's hosts in the group.
    pub limit: Limit,
    /// Where the rule was written.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub origin: Option<Origin>,
}

/// The limits that one host is under. Hosts with equal profiles are interchangeable to every limit, which is
/// what keeps scheduling cheap: queues are per profile, not per host.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Profile<'a> {
    pub(crate) buckets: &'a [BucketId],
    pub(crate) budgets: &'a [u32],
}

/// What admission needs to know of a bucket, and no more, so that many fit into a cache.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Capacity {
    pub(crate) slots: u32,
    /// Whether it also bounds how many run at once.
    pub(crate) bounds_running: bool,
    /// Whether unavailable hosts take slots without running.
    pub(crate) counts_unavailable: bool,
}

/// All profiles.
#[derive(Debug, Clone, PartialEq, Default)]
struct Profiles {
    profiles: Vec<InlineProfile>,
    budgets: Vec<u32>,
}

/// A profile as it is kept. Few hosts are in more than four buckets, so most are read without following a pointer.
#[derive(Debug, Clone, PartialEq)]
struct InlineProfile {
    buckets: SmallVec<[BucketId; 4]>,
    /// A part of the list of budgets.
    budgets: (u32, u32),
}

impl Profiles {
    fn push(&mut self, profile: Profile<'_>) {
        let first = saturating_u32(self.budgets.len());
        self.budgets.extend_from_slice(profile.budgets);
        self.profiles.push(InlineProfile {
            buckets: profile.buckets.into(),
            budgets: (first, saturating_u32(self.budgets.len())),
        });
    }

    fn get(&self, profile: u32) -> Profile<'_> {
        let InlineProfile { buckets, budgets } = &self.profiles[profile as usize];
        Profile {
            buckets,
            budgets: &self.budgets[budgets.0 as usize..budgets.1 as usize],
        }
    }
}

/// Every limit of a policy, compiled against a fleet.
#[derive(Debug, Clone, PartialEq)]
pub struct Rules {
    buckets: Vec<Bucket>,
    budgets: Vec<BudgetGroup>,
    profile_of: Vec<u32>,
    profiles: Profiles,
    warnings: Vec<Warning>,
}

impl Rules {
    /// Compiles the constraints. Time and memory are linear in the number of (host, limit) pairs.
    ///
    /// # Errors
    /// Every constraint whose selectors do not resolve, at once.
    pub fn compile(fleet: &Fleet, policy: &Policy) -> Result<Self, PlanError> {
        Self::compile_without(fleet, policy, &[])
    }

    /// Compiles the constraints, with hosts that are limited but no longer count as members when shares are worked out.
    pub(crate) fn compile_without(fleet: &Fleet, policy: &Policy, removed: &[HostId]) -> Result<Self, PlanError> {
        let mut draft = RulesDraft {
            removed,
            ..RulesDraft::default()
        };
        for constraint in &policy.constraints {
            draft.add_constraint(fleet, constraint);
        }
        if !draft.problems.is_empty() {
            return Err(PlanError::Policy {
                problems: draft.problems,
            });
        }
        Ok(draft.finish(fleet.len()))
    }

    /// No limits on no hosts.
    pub(crate) fn empty() -> Self {
        RulesDraft::default().finish(0)
    }

    /// All buckets, in the order of the policy.
    pub fn buckets(&self) -> &[Bucket] {
        &self.buckets
    }

    /// All failure budgets, in the order of the policy.
    pub fn budgets(&self) -> &[BudgetGroup] {
        &self.budgets
    }

    /// Warnings about constraints that are valid, but may not mean what their author expects.
    pub fn warnings(&self) -> &[Warning] {
        &self.warnings
    }

    /// The buckets that count this host.
    pub fn buckets_of(&self, host: HostId) -> &[BucketId] {
        self.profile(self.profile_of(host)).buckets
    }

    /// The buckets of which an unavailable host takes a slot while it does not run.
    pub(crate) fn held_by(&self, host: HostId) -> impl Iterator<Item = BucketId> {
        let buckets = self.buckets_of(host).iter().copied();
        buckets.filter(|&bucket| self.bucket(bucket).rule.counts_unavailable())
    }

    pub(crate) fn profile_of(&self, host: HostId) -> u32 {
        self.profile_of[host.index()]
    }

    pub(crate) fn profile(&self, profile: u32) -> Profile<'_> {
        self.profiles.get(profile)
    }

    pub(crate) fn capacity(&self, bucket: BucketId) -> Capacity {
        let bucket = self.bucket(bucket);
        Capacity {
            slots: bucket.slots,
            bounds_running: bucket.bounds_running(),
            counts_unavailable: bucket.rule.counts_unavailable(),
        }
    }

    pub(crate) fn bucket(&self, bucket: BucketId) -> &Bucket {
        &self.buckets[bucket.index()]
    }
}

/// Memberships as they are collected, before hosts are sorted into profiles.
#[derive(Default)]
struct RulesDraft<'a> {
    /// Sorted.
    removed: &'a [HostId],
    buckets: Vec<Bucket>,
    budgets: Vec<BudgetGroup>,
    in_bucket: Vec<(HostId, u32)>,
    in_budget: Vec<(HostId, u32)>,
    warnings: Vec<Warning>,
    problems: Vec<PlanProblem>,
}

impl RulesDraft<'_> {
    fn add_constraint(&mut self, fleet: &Fleet, constraint: &Constraint) {
        let whole = matches!(constraint.rule, Rule::MaxParallelTotal(_));
        let groups = match Groups::along(fleet, &constraint.group, whole) {
            Ok(groups) => groups,
            Err(error) => {
                return self
                    .problems
                    .push(PlanProblem::new(error.to_string(), constraint.origin.clone()));
            }
        };
        if groups.labels.is_empty() {
            return self.warnings.push(empty_constraint(constraint));
        }
        let mut sizes = vec![0_u32; groups.labels.len()];
        for &(host, group) in &groups.rows {
            // They take slots while something runs on them, but a share of a group must not grow by
            // hosts that are gone.
            if self.removed.is_empty() || self.removed.binary_search(&host).is_err() {
                sizes[group as usize] += 1;
            }
        }
        if let Rule::MaxFailures(limit) = constraint.rule {
            let first = saturating_u32(self.budgets.len());
            let origin = &constraint.origin;
            self.budgets.extend(groups.labels.into_iter().map(|group| BudgetGroup {
                group,
                limit,
                origin: origin.clone(),
            }));
            self.in_budget
                .extend(groups.rows.into_iter().map(|(host, group)| (host, first + group)));
            return;
        }
        let first = saturating_u32(self.buckets.len());
        for (group, hosts) in groups.labels.into_iter().zip(sizes) {
            self.add_bucket(constraint, group, hosts);
        }
        self.in_bucket
            .extend(groups.rows.into_iter().map(|(host, group)| (host, first + group)));
    }

    fn add_bucket(&mut self, constraint: &Constraint, group: String, hosts: u32) {
        let slots = match constraint.rule {
            Rule::MinAvailable(limit) => limit.spare(hosts),
            rule => rule.limit().slots(hosts),
        };
        let bucket = Bucket {
            group,
            rule: constraint.rule,
            hosts,
            slots,
            origin: constraint.origin.clone(),
        };
        if slots == 0 {
            self.warnings.push(frozen(&bucket));
        }
        self.buckets.push(bucket);
    }

    fn finish(mut self, hosts: usize) -> Rules {
        let gather =
            |rows: &[(HostId, u32)]| SortedByKey::new(hosts, rows.iter().map(|&(host, group)| (host.number(), group)));
        let (in_bucket, in_budget) = (gather(&self.in_bucket), gather(&self.in_budget));
        // By hash alone, so that each profile is kept once; those with equal hashes are compared.
        let mut known: FxHashMap<u64, Vec<u32>> = FxHashMap::default();
        let mut profiles = Profiles::default();
        let mut profile_of = Vec::with_capacity(hosts);
        let mut buckets = Vec::new();
        for host in 0..hosts {
            buckets.clear();
            buckets.extend(in_bucket.of(host).iter().copied().map(BucketId));
            let profile = Profile {
                buckets: &buckets,
                budgets: in_budget.of(host),
            };
            let alike = known.entry(FxBuildHasher.hash_one(profile)).or_default();
            let found = alike.iter().copied().find(|&at| profiles.get(at) == profile);
            profile_of.push(found.unwrap_or_else(|| {
                let fresh = saturating_u32(profiles.profiles.len());
                profiles.push(profile);
                alike.push(fresh);
                fresh
            }));
        }
        // They live as long as the policy is in force.
        self.buckets.shrink_to_fit();
        profiles.profiles.shrink_to_fit();
        Rules {
            buckets: self.buckets,
            budgets: self.budgets,
            profile_of,
            profiles,
            warnings: self.warnings,
        }
    }
}

fn empty_constraint(constraint: &Constraint) -> Warning {
    let group = constraint
        .group
        .iter()
        .map(ToString::to_string)
        .collect::<Vec<_>>()
        .join(" & ");
    Warning::new(
        format!(
            "`{}` on `{group}` matches no host, so it limits nothing",
            constraint.rule
        ),
        constraint.origin.clone(),
    )
}

fn frozen(bucket: &Bucket) -> Warning {
    let Bucket { group, rule, .. } = bucket;
    let hosts = words::count(bucket.hosts, "host");
    let effect = if bucket.bounds_running() {
        "none of them can run"
    } else {
        "only those already down can run"
    };
    Warning::new(
        format!("`{rule}` leaves no slot for the {hosts} of `{group}`: {effect}"),
        bucket.origin.clone(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_under_the_same_limits_are_interchangeable() {
        let fleet = Fleet::builder().tagged("rack.a", "h[1-3]").tagged("rack.b", "h[4-5]");
        let fleet = fleet.host("h6").build().unwrap();
        let limit = Constraint::new("$rack".parse().unwrap(), Rule::MaxParallel("1".parse().unwrap()));
        let policy = Policy::new().constraint(limit);
        let rules = Rules::compile(&fleet, &policy).unwrap();
        let profiles: Vec<u32> = fleet.ids().map(|host| rules.profile_of(host)).collect();
        assert_eq!(profiles, [0, 0, 0, 1, 1, 2]);
    }
}
