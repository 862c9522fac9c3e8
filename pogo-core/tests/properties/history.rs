//! The records of a job say by themselves what the scheduler says of it.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use pogo_core::fleet::HostName;
use pogo_core::history::{JobReplay, job_log};
use pogo_core::scheduler::{
    HostResult, HostsQuery, JobDetails, JobEventKind, JobId, PageLimit, Paged, Query, Record, Scheduler, View,
};
use pogo_core::testing::{Drill, Step};
use proptest::prelude::*;

use crate::scenario::{config, scenarios};

fn replay(job: JobId, records: &[Record]) -> JobReplay {
    let mut replay = JobReplay::new(job);
    records.iter().for_each(|record| replay.apply(record));
    replay
}

/// What is said of it, but for what could still start.
fn said_of(mut job: JobDetails, was_restored: bool) -> JobDetails {
    (job.deadline, job.summary.next_wave) = (None, None);
    job.stages.clear();
    job.budgets.clear();
    job.limits.clear();
    job.blockers.clear();
    if was_restored {
        // Why a restore paused it stands in a record of the namespace.
        job.steered = None;
    }
    job
}

fn details(scheduler: &Scheduler, job: JobId, was_restored: bool) -> JobDetails {
    let now = pogo_core::Timestamp::EPOCH;
    let View::Job(details) = scheduler.view(now, &Query::Job { job }).unwrap() else {
        panic!("another answer");
    };
    said_of(*details, was_restored)
}

fn hosts(scheduler: &Scheduler, query: &HostsQuery) -> Paged<HostResult, HostName> {
    let now = pogo_core::Timestamp::EPOCH;
    let View::Hosts(page) = scheduler.view(now, &Query::Hosts(query.clone())).unwrap() else {
        panic!("another answer");
    };
    page
}

proptest! {
    #![proptest_config(config(300))]

    #[test]
    fn the_records_of_a_job_say_what_the_scheduler_says_of_it(scenario in scenarios(50), limit in 1..4_u32) {
        let mut drill = scenario.drill();
        for step in &scenario.steps {
            drill.play(step);
        }
        let (scheduler, records) = (drill.scheduler(), drill.records());
        let was_restored = records.iter().any(|record| record.event.restored().is_some());
        for job in scheduler.jobs().map(|job| job.id()) {
            let replay = replay(job, records);
            let replayed = said_of(replay.details().unwrap(), was_restored);
            prop_assert_eq!(replayed, details(scheduler, job, was_restored));
            let mut query = HostsQuery::of(job).limit(PageLimit::new(limit));
            loop {
                let page = replay.hosts(&query, scheduler.fleet()).unwrap();
                prop_assert_eq!(&page, &hosts(scheduler, &query));
                let Some(next) = page.next else { break };
                query = query.after(next);
            }
            for row in scheduler.job(job).unwrap().results() {
                let query = HostsQuery::of(job).states([row.state]).among(row.host.as_str().parse().unwrap());
                prop_assert_eq!(replay.hosts(&query, scheduler.fleet()).unwrap(), hosts(scheduler, &query));
            }
        }
    }

    #[test]
    fn the_records_of_a_job_are_a_log_that_can_be_replayed_by_itself(scenario in scenarios(50)) {
        let at_once = scenario.policy.as_ref().clone().retire_after(Duration::ZERO);
        let mut drill = Drill::new(Arc::clone(&scenario.fleet), Arc::new(at_once)).unwrap();
        let restores = |step: &&Step| matches!(step, Step::Restore);
        for step in scenario.steps.iter().filter(|step| !restores(step)) {
            drill.play(step);
        }
        let (scheduler, records) = (drill.scheduler(), drill.records());
        let jobs: BTreeSet<JobId> = records.iter().filter_map(|record| record.event.submitted()).collect();
        for job in jobs {
            let own = records.iter().filter(|record| record.event.job() == Some(job));
            let retires = |record: &&Record| matches!(record.event.job_kind(), Some(JobEventKind::Retired));
            let own: Vec<Record> = own.take_while(|record| !retires(record)).cloned().collect();
            let log = job_log(own.clone(), scheduler.fleet(), scheduler.policy());
            let opens = |record: &&Record| matches!(record.event.job_kind(), Some(JobEventKind::WaveOpened { .. }));
            let count = |log: &[Record]| log.iter().filter(|record| !opens(record)).count();
            prop_assert_eq!(count(&log), count(&own) + 1);
            let mut alone = Scheduler::of_one_job();
            for record in &log {
                prop_assert_eq!(alone.apply(record), Ok(()), "{}", record.event);
            }
            let replay = replay(job, &own);
            prop_assert_eq!(alone.job(job).unwrap().tally(), replay.entry().unwrap().progress.tally);
        }
    }

    #[test]
    fn what_is_ordered_after_a_job_has_retired_changes_nothing_of_it(scenario in scenarios(50)) {
        let at_once = scenario.policy.as_ref().clone().retire_after(Duration::ZERO);
        let mut drill = Drill::new(Arc::clone(&scenario.fleet), Arc::new(at_once)).unwrap();
        for step in &scenario.steps {
            drill.play(step);
        }
        let records = drill.records();
        for (at, record) in (1..).zip(records) {
            if let (Some(JobEventKind::Retired), Some(job)) = (record.event.job_kind(), record.event.job()) {
                let (before, after) = (replay(job, &records[..at]), replay(job, records));
                prop_assert!(before.entry().unwrap().progress.retired);
                // But for what is noted for whoever looks at it.
                let without_notes = |replay: &JobReplay| {
                    let mut details = replay.details().unwrap();
                    details.notes.clear();
                    details
                };
                prop_assert_eq!(without_notes(&before), without_notes(&after));
                let all = HostsQuery::of(job);
                prop_assert_eq!(
                    before.hosts(&all, drill.scheduler().fleet()),
                    after.hosts(&all, drill.scheduler().fleet())
                );
            }
        }
    }
}
