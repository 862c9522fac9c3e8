//! The answer to what-if questions.

use std::time::Duration;

use serde::Serialize;

use super::relax::Relaxation;
use super::run::Run;
use super::{Chance, CriticalPath, Quantile, Scenario, Spread};
use crate::plan::Plan;
use crate::policy::Rule;
use crate::saturating::saturating_u32;
use crate::scheduler::InputError;
use crate::sim::LowerBound;
use crate::time::millis;

/// What a job would do, from many runs of it. Prints itself for a person and serializes for a program; times are
/// serialized in milliseconds.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct WhatIf {
    /// The seed of the first run; each further run has the next. The same seeds give the same answer.
    pub seed: u64,
    /// How many runs.
    pub runs: u32,
    /// Hosts of the job.
    pub hosts: u32,
    /// How task times were drawn.
    pub task_times: String,
    /// How long the job takes when it comes to its end; `None` if it never did.
    pub makespan: Option<Spread>,
    /// How likely the job is blocked or stopped before every host was tried.
    pub stopped: Chance,
    /// Runs that were blocked or stopped, by seed, to see them again; at most ten.
    pub stopped_seeds: Vec<u64>,
    /// Hosts that failed or were left in doubt, on average over the runs.
    pub failed_hosts: f64,
    /// The most hosts that ran at the same time in any run.
    #[serde(rename = "widest")]
    pub peak_running: u32,
    /// The run that is looked at closely: the median one of those that came to their end, if any did.
    pub typical: Quantile,
    /// How early that run could have ended at best, and what sets it.
    pub bound: LowerBound,
    /// Host by host, what set the end of that run.
    pub path: CriticalPath,
    /// What was used of each limit that counts hosts of the job.
    pub groups: Vec<GroupForecast>,
    /// What each rule costs, the costliest first.
    pub costs: Vec<Cost>,
    /// In how many runs costs were looked for.
    pub cost_runs: u32,
}

/// What was used of one limit.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct GroupForecast {
    /// The group.
    pub group: String,
    /// The rule.
    #[serde(flatten)]
    pub rule: Rule,
    /// Hosts of the group in the fleet.
    pub hosts: u32,
    /// Of them, hosts of the job.
    pub in_job: u32,
    /// How many of the group may be unavailable at once.
    #[serde(rename = "places")]
    pub slots: u32,
    /// How many were, at most.
    pub peak: Peak,
    /// Time that slots stood idle while hosts of the group were still to be started, summed over the slots; on average.
    #[serde(with = "millis")]
    pub idle: Duration,
    /// The share of the slots' time, until the last host was started, in which they were used; on average, from 0 to 1.
    pub used: f64,
}

/// The most hosts that were unavailable at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Peak {
    /// In half of the runs no more.
    pub p50: u32,
    /// In any run.
    pub most: u32,
}

/// What one rule costs.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Cost {
    /// The rule, and how it was relaxed.
    #[serde(flatten)]
    pub relaxation: Relaxation,
    /// The median time with the rule as it is, over the runs that came to their end with it and without.
    #[serde(with = "millis::option")]
    pub before: Option<Duration>,
    /// The median time of the same runs with the rule relaxed. `None` where no run came to its end with it and without.
    #[serde(with = "millis::option")]
    pub after: Option<Duration>,
    /// How likely the job is blocked or stopped with the rule relaxed.
    pub stopped: Chance,
}

impl Cost {
    /// How much longer the job takes because of the rule; negative if the rule makes it shorter, which happens where
    /// the order in which hosts start is a matter of luck. In seconds.
    pub fn gain(&self) -> f64 {
        match (self.before, self.after) {
            (Some(before), Some(after)) => before.as_secs_f64() - after.as_secs_f64(),
            _ => 0.0,
        }
    }

    fn of(relaxation: Relaxation, before: &[Run], after: &[Run]) -> Self {
        let pairs: Vec<(&Run, &Run)> = before
            .iter()
            .zip(after)
            .filter(|(before, after)| before.is_complete() && after.is_complete())
            .collect();
        let median = |times: &mut Vec<Duration>| {
            times.sort_unstable();
            times.get(times.len().saturating_sub(1) / 2).copied()
        };
        Self {
            relaxation,
            before: median(&mut pairs.iter().map(|(before, _)| before.makespan).collect()),
            after: median(&mut pairs.iter().map(|(_, after)| after.makespan).collect()),
            stopped: stopped(after),
        }
    }
}

impl WhatIf {
    /// The answer that these runs give.
    pub(super) fn of(
        scenario: &Scenario,
        runs: &[Run],
        relaxed: Vec<(Relaxation, Vec<Run>)>,
    ) -> Result<Self, InputError> {
        let scheduler = scenario.world().scheduler();
        let plan = Plan::compile(scheduler.fleet(), scheduler.policy(), scenario.spec())?;
        let timed = |run: &Run| Quantile {
            time: run.makespan,
            seed: run.seed,
        };
        let makespan = Spread::of(runs.iter().filter(|run| run.is_complete()).map(timed));
        let all = Spread::of(runs.iter().map(timed));
        let nothing = Quantile {
            time: Duration::ZERO,
            seed: 0,
        };
        let typical = makespan.or(all).map_or(nothing, |spread| spread.p50);
        let cost_runs = relaxed.first().map_or(0, |(_, runs)| runs.len());
        let mut costs: Vec<Cost> = relaxed
            .into_iter()
            .map(|(how, after)| Cost::of(how, runs, &after))
            .collect();
        costs.sort_by(|one, other| other.gain().total_cmp(&one.gain()));
        let lost = runs.iter().map(|run| f64::from(run.tally.failed + run.tally.in_doubt));
        let stuck = runs.iter().filter(|run| !run.is_complete());
        Ok(Self {
            seed: runs.first().map_or(0, |run| run.seed),
            runs: saturating_u32(runs.len()),
            hosts: saturating_u32(plan.hosts.len()),
            task_times: scenario.world().times.to_string(),
            makespan,
            stopped: stopped(runs),
            stopped_seeds: stuck.map(|run| run.seed).take(10).collect(),
            failed_hosts: lost.sum::<f64>() / f64::from(saturating_u32(runs.len()).max(1)),
            peak_running: runs.iter().map(|run| run.peak_running).max().unwrap_or(0),
            typical,
            bound: scenario.lower_bound(typical.seed)?,
            path: scenario.path(typical.seed)?,
            groups: groups(scenario, &plan, runs),
            costs,
            cost_runs: saturating_u32(cost_runs),
        })
    }
}

fn stopped(runs: &[Run]) -> Chance {
    Chance {
        runs: saturating_u32(runs.iter().filter(|run| !run.is_complete()).count()),
        of: saturating_u32(runs.len()),
    }
}

fn groups(scenario: &Scenario, plan: &Plan, runs: &[Run]) -> Vec<GroupForecast> {
    let rules = scenario.world().scheduler().rules();
    let mut planned = plan.buckets.iter().peekable();
    let mut groups = Vec::new();
    for (bucket, at) in rules.buckets().iter().zip(0_usize..) {
        // Those of the plan are those of the rules that count hosts of the job, in the same order.
        let Some(touched) = planned.next_if(|planned| planned.bucket == *bucket) else {
            continue;
        };
        let uses: Vec<_> = runs.iter().filter_map(|run| run.groups.get(at).copied()).collect();
        let mut peaks: Vec<u32> = uses.iter().map(|group| group.peak).collect();
        peaks.sort_unstable();
        let idle: Duration = uses.iter().map(|group| group.idle).sum();
        let offered: Duration = uses.iter().map(|group| group.offered).sum();
        groups.push(GroupForecast {
            group: bucket.group.clone(),
            rule: bucket.rule,
            hosts: bucket.hosts,
            in_job: touched.in_job,
            slots: bucket.slots,
            peak: Peak {
                p50: peaks.get(peaks.len().saturating_sub(1) / 2).copied().unwrap_or(0),
                most: peaks.last().copied().unwrap_or(0),
            },
            idle: idle / saturating_u32(uses.len()).max(1),
            used: 1.0 - idle.as_secs_f64() / offered.as_secs_f64().max(f64::MIN_POSITIVE),
        });
    }
    groups
}
