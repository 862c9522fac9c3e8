//! What the data holds, against the scheduler that wrote the log.

use std::sync::Arc;

use proptest::prelude::*;

use super::heading::{heading, outcome};
use super::log_reader::read;
use super::state::HostState;
use pogo_core::fleet::Fleet;
use pogo_core::plan::{JobSpec, RemoteCommand};
use pogo_core::scheduler::{AttemptId, FenceAnswer, Input, JobEventKind, Order, Outcome, Record, TaskState};
use pogo_core::testing::{Drill, Step, fleets, job_specs, policies, steps};

fn drill() -> impl Strategy<Value = Drill> {
    let steps = prop::collection::vec(steps(), 0..40);
    (fleets(1..=7), policies(), job_specs(), steps).prop_filter_map("refused", |(fleet, policy, job, steps)| {
        let mut drill = Drill::new(Arc::clone(&fleet), Arc::clone(&policy)).ok()?;
        drill.play(&Step::Submit(Box::new(job)));
        steps.iter().for_each(|step| _ = drill.play(step));
        Some(drill)
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 192, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_chart_ends_where_the_scheduler_stands(drill in drill()) {
        let Ok(data) = read(drill.records(), None) else { return Ok(()) };
        for bucket in drill.scheduler().buckets() {
            let is = |series: &&super::usage::Series| {
                let used = series.now();
                series.group == bucket.bucket().group
                    && series.rule == Some(bucket.bucket().rule)
                    && used.running == bucket.running()
                    && used.taken() == bucket.unavailable()
                    && used.slots == Some(bucket.bucket().slots)
            };
            prop_assert!(data.limits.iter().any(|series| is(&series)), "{:?}", bucket.bucket());
        }
    }

    #[test]
    fn a_job_that_retires_is_drawn_as_one_that_stays(drill in drill()) {
        let retired = |record: &&Record| record.event.job_kind() == Some(&JobEventKind::Retired);
        let stays = drill.records().iter().filter(|record| !retired(record));
        let (Ok(data), Ok(stays)) = (read(drill.records(), None), read(stays, None)) else { return Ok(()) };
        prop_assert_eq!(heading(&data), heading(&stays));
        prop_assert_eq!(outcome(&data), outcome(&stays));
        prop_assert_eq!(data.marks.len(), stays.marks.len());
    }

    #[test]
    fn every_host_ends_as_its_task_does(drill in drill()) {
        let Ok(data) = read(drill.records(), None) else { return Ok(()) };
        let Some(last) = data.jobs.last() else { return Ok(()) };
        // Of several jobs, the last one of a host has the last word only if it has begun there.
        if data.jobs.len() > 1 { return Ok(()) }
        let job = data.scheduler.job(*last).unwrap();
        for task in job.tasks() {
            let now = data.hosts[task.host().as_str()].now();
            let fits = match task.state() {
                TaskState::Running => now.is_running(),
                TaskState::Succeeded => matches!(now, HostState::Succeeded | HostState::Down | HostState::Held),
                TaskState::Skipped => matches!(now, HostState::Skipped | HostState::Down | HostState::Held),
                // Marking a host up says that it is available.
                TaskState::Failed | TaskState::InDoubt => !now.is_running(),
                TaskState::Waiting | TaskState::Cancelled => {
                    now.holds_slots() || matches!(now, HostState::Waiting | HostState::Cancelled)
                }
                other => panic!("this test does not know {other}"),
            };
            prop_assert!(fits, "{}: {:?} is drawn as {now:?}", task.host(), task.state());
        }
    }

    #[test]
    fn all_hosts_together_count_what_runs(drill in drill()) {
        let Ok(data) = read(drill.records(), None) else { return Ok(()) };
        let used = data.total.now();
        prop_assert_eq!(used.running as usize, drill.running().len());
        let drawn = data.hosts.values().filter(|host| host.now().is_running()).count();
        prop_assert_eq!(used.running as usize, drawn);
    }
}

#[test]
fn who_answers_for_a_host_by_force_answers_for_what_it_had_not_said_to_be_over() {
    let fleet = Fleet::builder().host("a").build().unwrap();
    let mut drill = Drill::new(Arc::new(fleet), Arc::default()).unwrap();
    let transport = Input::Transport {
        asks_permission: true,
        fences: true,
    };
    drill.handle(transport).unwrap();
    let gone = FenceAnswer::Ended(Outcome::in_doubt("what ran it is gone"));
    for (attempt, answer) in [
        (AttemptId::new(1), gone),
        (AttemptId::new(2), FenceAnswer::StillRunning),
    ] {
        drill
            .submit(JobSpec::new("a".parse().unwrap(), RemoteCommand::shell("true")))
            .unwrap();
        let host_lock = true;
        drill.handle(Input::Begin { attempt, host_lock }).unwrap();
        let (outcome, output) = (Outcome::in_doubt("the link broke"), None);
        let report = Input::Reported {
            attempt,
            outcome,
            output,
        };
        drill.handle(report).unwrap();
        drill.handle(Input::Fenced { attempt, answer }).unwrap();
    }
    let (host, force) = ("a".parse().unwrap(), true);
    drill
        .handle(Order::MarkUp { host, force }.because("its rack burnt down"))
        .unwrap();
    let data = read(drill.records(), None).unwrap();
    let ends = data.hosts["a"]
        .attempts
        .iter()
        .map(|attempt| &attempt.ended.as_ref().unwrap().1.why);
    let answered: Vec<bool> = ends.map(|why| why.contains("its rack burnt down")).collect();
    assert_eq!(answered, [false, true]);
}
