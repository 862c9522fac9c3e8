//! A namespace whose jobs retire decides as one that keeps them.

use std::sync::Arc;
use std::time::Duration;

use pogo_core::policy::Policy;
use pogo_core::scheduler::{Event, JobEventKind, JobId, Record, TaskEventKind};
use pogo_core::testing::{Drill, Step};
use proptest::prelude::*;

use crate::scenario::{Scenario, config, scenarios};

/// The same namespace twice: in one jobs retire at once, in the other never.
struct Twins {
    retires: Drill,
    keeps: Drill,
}

fn with(policy: &Policy, retire_after: Duration) -> Arc<Policy> {
    Arc::new(policy.clone().retire_after(retire_after))
}

impl Twins {
    fn new(scenario: &Scenario) -> Self {
        let drill = |after| Drill::new(Arc::clone(&scenario.fleet), with(&scenario.policy, after)).unwrap();
        Self {
            retires: drill(Duration::ZERO),
            keeps: drill(Duration::MAX),
        }
    }

    fn play(&mut self, step: &Step) {
        let order = match step {
            Step::Forced(order) => order,
            step => step,
        };
        match order {
            Step::Configure(fleet, policy) => {
                let configured = |after| Step::Configure(Arc::clone(fleet), with(policy, after));
                self.retires.play(&configured(Duration::ZERO));
                self.keeps.play(&configured(Duration::MAX));
            }
            // Retrying what a job left that has retired is another thing: it makes a new one.
            Step::Retry(job, _) if self.has_retired(*job) => {}
            // A host that answers for a job that has retired is freed or failed, and nothing of the job goes on.
            Step::Fence(nth, _) if self.is_of_retired(*nth) => {}
            Step::Skip(job, _) if self.has_retired(*job) => {
                if let Some((input, Ok(_))) = self.retires.play(step) {
                    self.keeps.handle(input).unwrap();
                }
            }
            // Which host or attempt a number means depends on those that have left and are still known.
            Step::MarkDown(_) | Step::MarkUp(_) | Step::Hold(..) | Step::Release(..) | Step::Fence(..) => {
                if let Some((input, _)) = self.retires.play(step) {
                    _ = self.keeps.handle(input);
                }
            }
            _ => {
                self.retires.play(step);
                self.keeps.play(step);
            }
        }
    }

    /// Whether the attempt that a step asks about was left in doubt by a job that has retired.
    fn is_of_retired(&self, nth: u8) -> bool {
        let scheduler = self.retires.scheduler();
        let doubts = scheduler.doubts();
        let asked = doubts.len() + self.retires.running().len();
        let nth = usize::from(nth).checked_rem(asked).unwrap_or(0);
        doubts.get(nth).is_some_and(|doubt| scheduler.job(doubt.job).is_none())
    }

    /// Whether the job that a step means has retired.
    fn has_retired(&self, nth: u8) -> bool {
        let records = self.retires.records().iter();
        let jobs: Vec<JobId> = records.filter_map(|record| record.event.submitted()).collect();
        let nth = usize::from(nth).checked_rem(jobs.len()).unwrap_or(0);
        let Some(&job) = jobs.get(nth) else { return false };
        let finds = |drill: &Drill| drill.scheduler().job(job).is_some();
        finds(&self.keeps) && !finds(&self.retires)
    }
}

/// All that was decided, other than that jobs retire, and what would help those that are blocked.
fn decided(drill: &Drill) -> Vec<Record> {
    let records = drill.records().iter().filter(|record| {
        !matches!(record.event.job_kind(), Some(JobEventKind::Retired)) && !matches!(record.event, Event::Namespace(_))
    });
    let blocked = |record: &Record| {
        let mut record = record.clone();
        if let Event::Job(event) = &mut record.event
            && let JobEventKind::Blocked { reasons } = &mut event.kind
        {
            reasons.clear();
        }
        record
    };
    let mut decided: Vec<Record> = records.map(blocked).collect();
    // Of hosts that one order skips, those of a job that has retired come by name, and others as they were listed.
    let skipped = |record: &Record| matches!(record.event.task_kind(), Some(TaskEventKind::Skipped));
    for skips in decided.chunk_by_mut(|one, next| skipped(one) && skipped(next) && one.at == next.at) {
        if skipped(&skips[0]) {
            skips.sort_by_key(|record| (record.event.job(), record.event.host().cloned()));
        }
    }
    decided
}

proptest! {
    #![proptest_config(config(300))]

    #[test]
    fn a_namespace_with_retired_jobs_decides_as_one_that_keeps_them(scenario in scenarios(60)) {
        let mut twins = Twins::new(&scenario);
        for step in &scenario.steps {
            twins.play(step);
        }
        let Twins { retires, keeps } = twins;
        prop_assert_eq!(decided(&keeps), decided(&retires));
        let slots = |drill: &Drill| -> Vec<_> {
            let buckets = drill.scheduler().buckets();
            buckets.map(|bucket| (bucket.running(), bucket.unavailable(), bucket.holders())).collect()
        };
        prop_assert_eq!(slots(&keeps), slots(&retires));
        prop_assert_eq!(keeps.scheduler().next_job(), retires.scheduler().next_job());
    }
}
