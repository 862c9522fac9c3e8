//! What can be seen of a namespace from outside.

use std::time::Duration;

use pogo_core::journal::{Epoch, OwnerId};
use pogo_core::policy::Policy;
use pogo_core::scheduler::{AttemptId, HolderReason, Input, InputError, JobId, JobStatus, Order, Phase};

use crate::story::{Story, at_most, host, on, web};

#[test]
fn a_job_says_when_it_was_submitted_and_what_binds_it() {
    let mut story = Story::new(web("a,b"), at_most("1"));
    story.waits(7);
    story.submit(
        on("*")
            .attempt_timeout(Duration::from_secs(90))
            .max_parallel("50%".parse().unwrap()),
    );
    let scheduler = story.drill.scheduler();
    let job = scheduler.job(JobId::new(1)).unwrap();
    assert_eq!(job.submitted().as_millis(), 7_000);
    assert_eq!(job.settings().attempt_timeout, Duration::from_secs(90));
    assert_eq!(job.settings().max_parallel.map(|most| most.hosts), Some(1));
    let held = scheduler.buckets().next().unwrap().holders();
    assert_eq!(held.len(), 1);
    assert_eq!((held[0].host.as_str(), held[0].since.as_millis()), ("a", 7_000));
    assert_eq!(held[0].reason, HolderReason::Running { job: JobId::new(1) });
}

#[test]
fn a_host_that_is_down_and_runs_is_listed_for_each_reason() {
    let mut story = Story::new(web("a,b"), at_most("1"));
    let (down, reason) = (host("a"), String::new());
    story.handle(Order::MarkDown { host: down }.because(reason)).unwrap();
    story.waits(5);
    assert_eq!(story.submit(on("a")), "a");
    let holders = |story: &Story| {
        let holders = story.drill.scheduler().buckets().next().unwrap().holders().into_iter();
        holders
            .map(|holder| (holder.reason, holder.since.as_millis()))
            .collect::<Vec<_>>()
    };
    let running = HolderReason::Running { job: JobId::new(1) };
    assert_eq!(holders(&story), [(running.clone(), 5_000), (HolderReason::Down, 0)]);
    let (up, reason) = (host("a"), String::new());
    story
        .handle(Order::MarkUp { host: up, force: false }.because(reason))
        .unwrap();
    assert_eq!(holders(&story), [(running, 5_000)]);
}

#[test]
fn schedulers_that_know_different_things_are_different() {
    let story = |submit: bool| {
        let mut story = Story::new(web("a,b"), Policy::default());
        if submit {
            story.submit(on("*"));
        }
        story
    };
    let (one, other, third) = (story(true), story(true), story(false));
    assert!(one.drill.scheduler().same_state(other.drill.scheduler()));
    assert!(!one.drill.scheduler().same_state(third.drill.scheduler()));
}

#[test]
fn fingerprints_differ_when_a_host_is_down() {
    let mut story = Story::new(web("a,b"), Policy::default());
    let before = story.drill.scheduler().fingerprint();
    let (down, reason) = (host("a"), String::new());
    story.handle(Order::MarkDown { host: down }.because(reason)).unwrap();
    assert_ne!(story.drill.scheduler().fingerprint(), before);
}

#[test]
fn a_phase_that_is_reported_after_the_end_is_no_news() {
    let mut story = Story::new(web("a,b"), at_most("1"));
    story.submit(on("*"));
    let attempt = story.attempt("a");
    story.ends("a");
    let phase = Phase::Command;
    assert_eq!(story.handle(Input::PhaseEntered { attempt, phase }).unwrap(), "");
}

#[test]
fn a_new_host_key_is_recorded_while_its_attempt_runs() {
    let mut story = Story::new(web("a,b"), at_most("1"));
    story.submit(on("*"));
    let attempt = story.attempt("a");
    let recorded = |story: &Story| {
        let events = story.drill.records().iter().map(|record| record.event.to_string());
        events
            .filter(|event| event.contains("new host key"))
            .collect::<Vec<_>>()
    };
    assert_eq!(story.handle(Input::HostKeyRecorded { attempt }).unwrap(), "");
    let once = ["a1 of job-1 on a accepted and recorded a new host key"];
    assert_eq!(recorded(&story), once);
    story.ends("a");
    assert_eq!(story.handle(Input::HostKeyRecorded { attempt }).unwrap(), "");
    assert_eq!(recorded(&story), once, "nothing is recorded of it after its end");
    let attempt = AttemptId::new(77);
    let unknown = story.handle(Input::HostKeyRecorded { attempt });
    assert_eq!(unknown, Err(InputError::UnknownAttempt { attempt }));
}

#[test]
fn phases_and_places_in_journals_have_names() {
    let phases = [
        Phase::Connect,
        Phase::PreHook,
        Phase::Command,
        Phase::PostHook,
        Phase::Settle,
    ];
    let names = phases.map(|phase| phase.to_string());
    assert_eq!(names, ["connect", "pre-hook", "command", "post-hook", "settle"]);
    assert_eq!(Epoch(3).to_string(), "epoch 3");
    assert_eq!(OwnerId("ada@deploy1".into()).to_string(), "ada@deploy1");
}

#[test]
fn results_say_what_became_of_each_host() {
    let mut story = Story::new(web("a,b,c"), Policy::default());
    story.submit(on("*"));
    story.waits(5);
    story.ends("a");
    story.fails("b");
    let attempt = story.attempt("c");
    story
        .handle(Input::PhaseEntered {
            attempt,
            phase: Phase::Command,
        })
        .unwrap();
    let job = story.drill.scheduler().job(JobId::new(1)).unwrap();
    let rows: Vec<String> = job.results().map(|row| format!("{} {row}", row.host)).collect();
    assert_eq!(
        rows,
        ["a done", "b failed: command exited with 1", "c running: command"]
    );
    let attempts: Vec<_> = job.results().filter_map(|row| row.last_attempt).collect();
    let times = attempts.iter().map(|attempt| (attempt.started, attempt.ended));
    let (begun, now) = (Some(job.submitted()), Some(story.drill.now()));
    assert_eq!(times.collect::<Vec<_>>(), [(begun, now), (begun, now), (begun, None)]);
    let numbers = attempts.iter().map(|attempt| attempt.id.unwrap().number());
    assert_eq!(numbers.collect::<Vec<_>>(), [1, 2, attempt.number()]);
}

#[test]
fn a_paused_job_waits_for_its_order_and_a_running_one_for_none() {
    let mut story = Story::new(web("a,b"), at_most("1"));
    story.submit(on("*"));
    let job = JobId::new(1);
    let blockers = |story: &Story| {
        let obstacles = story.drill.scheduler().job(job).unwrap().blockers();
        let obstacles = obstacles.iter().map(ToString::to_string);
        obstacles.collect::<Vec<_>>()
    };
    assert_eq!(blockers(&story), [""; 0], "b waits for a, and a ends by itself");
    story.handle(Order::Pause { job }).unwrap();
    assert_eq!(blockers(&story), ["the job is paused: pogo resume 1"]);
    story.handle(Order::Resume { job }).unwrap();
    story.fails("a");
    assert_eq!(story.status(1), JobStatus::Blocked);
    assert_eq!(blockers(&story).len(), 1, "{:?}", blockers(&story));
    story
        .handle(
            Order::MarkUp {
                host: host("a"),
                force: false,
            }
            .because(String::new()),
        )
        .unwrap();
    assert_eq!(blockers(&story), [""; 0]);
}
