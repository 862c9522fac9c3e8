//! Limits, and who holds their slots.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::{PageLimit, Paged};
use crate::fleet::Selector;
use crate::plan::BucketId;
use crate::policy::{Origin, Rule};
use crate::saturating::saturating_u32;
use crate::scheduler::state::{Job, State};
use crate::scheduler::{Holder, JobId, QueryError, TaskState};

/// Which limits to list.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct SlotsQuery {
    /// Those that count any of these hosts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hosts: Option<Selector>,
    /// Those behind the limit of this [number](LimitUsage::limit).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<u32>,
    /// How many at once, and how many holders of each.
    #[serde(default)]
    pub limit: PageLimit,
}

impl SlotsQuery {
    /// All limits.
    pub fn new() -> Self {
        Self::default()
    }

    /// Leaves only limits that count any of these hosts.
    #[must_use]
    pub fn of(mut self, hosts: Selector) -> Self {
        self.hosts = Some(hosts);
        self
    }

    /// Goes on after this limit.
    #[must_use]
    pub fn after(mut self, limit: u32) -> Self {
        self.after = Some(limit);
        self
    }

    /// Sets how many limits a page has.
    #[must_use]
    pub fn limit(mut self, limit: PageLimit) -> Self {
        self.limit = limit;
        self
    }
}

/// A limit and how far it is used.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[non_exhaustive]
pub struct LimitUsage {
    /// Its number among the limits of the policy, from 0.
    pub limit: u32,
    /// The group that it counts.
    pub group: String,
    /// The rule as the policy says it.
    pub rule: Rule,
    /// Where that was written.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub origin: Option<Origin>,
    /// How many slots there are.
    pub slots: u32,
    /// Hosts of the group that run a task.
    pub running: u32,
    /// Unavailable hosts of the group, which include those that run.
    pub unavailable: u32,
}

/// The slots of one limit, and who has them.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[non_exhaustive]
pub struct Slots {
    /// The limit.
    #[serde(flatten)]
    pub usage: LimitUsage,
    /// Who has them, why and since when, in fleet order; a host once for each reason.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub holders: Vec<Holder>,
    /// How many holders there are beside these.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub more_holders: usize,
    /// Jobs with hosts that wait while all slots are taken, in the order of their numbers; none while one is free.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub waiting: Vec<SlotWaiter>,
}

/// A job with hosts that wait for slots.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[non_exhaustive]
pub struct SlotWaiter {
    /// The job.
    pub job: JobId,
    /// Who asked for it.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub user: String,
    /// How many of its hosts wait.
    pub hosts: usize,
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde hands over a reference")]
fn is_zero(number: &usize) -> bool {
    *number == 0
}

impl State {
    pub(super) fn slots_page(&self, query: &SlotsQuery) -> Result<Paged<Slots, u32>, QueryError> {
        let counting = query.hosts.as_ref().map(|hosts| self.limits_on(hosts)).transpose()?;
        let begin = query.after.map_or(0, |after| after.saturating_add(1));
        let end = saturating_u32(self.rules.buckets().len());
        let listed = (begin..end)
            .map(BucketId)
            .filter(|bucket| counting.as_ref().is_none_or(|counting| counting.contains(bucket)));
        // The page first, then who holds slots of these: that goes through all hosts once, whatever
        // the number of limits.
        let page = Paged::of(listed, query.limit, |bucket| bucket.0);
        let listed: BTreeSet<BucketId> = page.entries.iter().copied().collect();
        let mut held = self.holders_of(&listed);
        let mut waiting = self.waiting_for(listed);
        let entries = page.entries.into_iter().map(|bucket| {
            let mut holders = held.remove(&bucket).unwrap_or_default();
            let more_holders = holders.len().saturating_sub(query.limit.get() as usize);
            holders.truncate(query.limit.get() as usize);
            Slots {
                usage: self.limit_usage(bucket),
                holders,
                more_holders,
                waiting: waiting.remove(&bucket).unwrap_or_default(),
            }
        });
        Ok(Paged {
            entries: entries.collect(),
            next: page.next,
        })
    }

    /// Who waits for slots of those of these buckets that have none left.
    fn waiting_for(&self, mut buckets: BTreeSet<BucketId>) -> BTreeMap<BucketId, Vec<SlotWaiter>> {
        // What is taken of a bucket is kept as unavailable, also where only what runs takes a slot.
        buckets.retain(|&bucket| {
            let (limit, usage) = self.bucket(bucket);
            usage.unavailable >= limit.slots
        });
        let mut waiting: BTreeMap<BucketId, Vec<SlotWaiter>> = BTreeMap::new();
        let jobs = self.jobs.values().filter(|_| !buckets.is_empty());
        let jobs = jobs.filter(|job| job.tally.waiting > 0 && job.status.may_start() && !job.is_unbound);
        for job in jobs {
            for (bucket, hosts) in self.waiting_in(job) {
                if buckets.contains(&bucket) {
                    let (job, user) = (job.id, job.spec.user.clone());
                    waiting.entry(bucket).or_default().push(SlotWaiter { job, user, hosts });
                }
            }
        }
        waiting
    }

    /// How many hosts of a job wait that each bucket counts, without those that have a slot.
    fn waiting_in(&self, job: &Job) -> BTreeMap<BucketId, usize> {
        let waits = |task: &u32| job.task(*task).state == TaskState::Waiting;
        // By profile first: hosts are many, and those under the same limits are counted as one.
        let mut profiles: BTreeMap<(u32, bool), usize> = BTreeMap::new();
        for task in job.positions().filter(waits) {
            let is_unavailable = self.hosts.is_unavailable(job.host(task));
            let profile = job.target(task).profile;
            *profiles.entry((profile, is_unavailable)).or_default() += 1;
        }
        let mut waiting = BTreeMap::new();
        for ((profile, is_unavailable), hosts) in profiles {
            for bucket in self.rules.profile(profile).buckets {
                if !(is_unavailable && self.bucket(*bucket).1.limit.counts_unavailable) {
                    *waiting.entry(*bucket).or_default() += hosts;
                }
            }
        }
        waiting
    }

    fn limits_on(&self, hosts: &Selector) -> Result<BTreeSet<BucketId>, QueryError> {
        let hosts = self.fleet.resolve(hosts)?;
        Ok(hosts
            .iter()
            .flat_map(|&host| self.rules.buckets_of(host))
            .copied()
            .collect())
    }

    pub(super) fn limit_usage(&self, bucket: BucketId) -> LimitUsage {
        let (limit, usage) = self.bucket(bucket);
        LimitUsage {
            limit: bucket.0,
            group: limit.group.clone(),
            rule: limit.rule,
            origin: limit.origin.clone(),
            slots: limit.slots,
            running: usage.running,
            unavailable: usage.unavailable,
        }
    }
}
