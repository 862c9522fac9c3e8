//! Events that cannot come next are refused, and change nothing.

use std::time::Duration;

use pogo_core::Timestamp;
use pogo_core::policy::{JobSettings, Limit};
use pogo_core::scheduler::{
    AttemptId, CancelReason, Event, Input, JobEventKind, JobId, Order, Phase, Record, Scheduler, Tally, TaskEventKind,
};

use crate::story::{Story, at_most, host, hosts, on, web};

const JOB: JobId = JobId::new(1);

/// Whether this may come next.
fn follows(story: &Story, event: Event) -> bool {
    let before = story.drill.scheduler();
    let mut after = before.clone();
    let at = before.now();
    let applied = after.apply(&Record::new(at, event));
    assert!(applied.is_ok() || after.same_state(before), "{applied:?}");
    applied.is_ok()
}

/// `a` runs as the first attempt, and `b` and `c` wait for its slot.
fn one_runs() -> Story {
    let mut story = Story::new(web("a,b,c"), at_most("1"));
    assert_eq!(story.submit(on("*")), "a");
    story
}

fn started(name: &str, attempt: u64) -> Event {
    Event::of_task(
        JOB,
        host(name),
        TaskEventKind::Started {
            attempt: AttemptId::new(attempt),
            asks_permission: false,
        },
    )
}

#[test]
fn an_attempt_begins_under_the_next_number_on_a_host_that_is_free() {
    let mut story = one_runs();
    assert!(follows(&story, started("b", 2)), "limits are for those who decide");
    assert!(!follows(&story, started("b", 3)));
    assert!(!follows(&story, started("a", 2)), "it runs already");
    story.submit(on("a"));
    let elsewhere = Event::of_task(
        JobId::new(2),
        host("a"),
        TaskEventKind::Started {
            attempt: AttemptId::new(2),
            asks_permission: false,
        },
    );
    assert!(!follows(&story, elsewhere), "another job runs there");
    story.configure(web("b,c"), at_most("1"));
    assert_eq!(story.ends("a"), "b");
    assert!(!follows(&story, started("a", 3)), "it has left");
}

#[test]
fn what_happens_to_an_attempt_names_its_job_and_host() {
    let story = one_runs();
    let succeeded = |job, name, attempt| {
        Event::of_task(
            JobId::new(job),
            host(name),
            TaskEventKind::Succeeded {
                attempt: AttemptId::new(attempt),
                output: None,
            },
        )
    };
    assert!(follows(&story, succeeded(1, "a", 1)));
    assert!(!follows(&story, succeeded(2, "a", 1)));
    assert!(!follows(&story, succeeded(1, "b", 1)));
    assert!(!follows(&story, succeeded(1, "a", 2)));
}

#[test]
fn a_host_key_is_recorded_by_an_attempt_that_runs() {
    let mut story = one_runs();
    let recorded = |attempt, name| Event::of_task(JOB, host(name), TaskEventKind::HostKeyRecorded { attempt });
    let attempt = story.attempt("a");
    assert!(follows(&story, recorded(attempt, "a")));
    assert!(!follows(&story, recorded(attempt, "b")));
    assert!(!follows(&story, recorded(AttemptId::new(2), "a")));
    story.ends("a");
    assert!(!follows(&story, recorded(attempt, "a")));
}

#[test]
fn phases_only_ever_go_on() {
    let mut story = one_runs();
    let attempt = story.attempt("a");
    let entered = |phase| {
        Event::of_task(
            JOB,
            host("a"),
            TaskEventKind::PhaseEntered {
                attempt,
                phase,
                output: None,
            },
        )
    };
    let phase = Phase::Command;
    story.handle(Input::PhaseEntered { attempt, phase }).unwrap();
    assert!(!follows(&story, entered(Phase::PreHook)));
    assert!(!follows(&story, entered(Phase::Command)));
    assert!(follows(&story, entered(Phase::PostHook)));
}

#[test]
fn an_attempt_is_ended_once_and_not_while_it_settles() {
    let cancelled = |story: &Story| {
        Event::of_task(
            JOB,
            host("a"),
            TaskEventKind::CancelRequested {
                attempt: story.attempt("a"),
                reason: CancelReason::Abort,
            },
        )
    };
    let mut story = one_runs();
    assert!(follows(&story, cancelled(&story)));
    let reason = String::new();
    story.handle(Order::Abort { job: JOB }.because(reason)).unwrap();
    assert!(!follows(&story, cancelled(&story)));

    let mut story = Story::new(web("a"), at_most("1"));
    story.submit(on("*").settle(Duration::from_secs(9)));
    story.ends("a");
    assert!(!follows(&story, cancelled(&story)));
}

#[test]
fn a_job_is_submitted_once() {
    let story = one_runs();
    let submitted = |job, names: &[&str]| {
        Event::of_job(
            JobId::new(job),
            JobEventKind::Submitted {
                retry_of: None,
                spec: on("*").into(),
                hosts: names.iter().map(|name| host(name)).collect(),
            },
        )
    };
    assert!(!follows(&story, submitted(1, &["a"])));
    assert!(follows(&story, submitted(2, &["a", "b"])));
    assert!(!follows(&story, submitted(2, &[])));
    assert!(!follows(&story, submitted(2, &["a", "b", "a"])));
    assert!(!follows(&story, submitted(2, &["x"])));
}

#[test]
fn only_the_wave_that_bakes_is_opened() {
    let mut story = Story::new(web("a,b,c"), at_most("1"));
    let opened = |wave| Event::of_job(JOB, JobEventKind::WaveOpened { wave, ordered: false });
    story.submit(on("*"));
    assert!(!follows(&story, opened(1)), "it has no waves");

    let mut story = Story::new(web("a,b,c"), at_most("1"));
    story.submit(
        on("*")
            .waves(["1", "2", "100%"].map(|wave| wave.parse().unwrap()).to_vec())
            .bake(Duration::from_secs(60)),
    );
    assert!(!follows(&story, opened(1)), "the wave before it is not done");
    story.ends("a");
    assert!(follows(&story, opened(1)));
    assert!(!follows(&story, opened(2)) && !follows(&story, opened(9)));
}

#[test]
fn a_job_stops_when_nothing_of_it_runs_and_ends_when_nothing_is_left() {
    let halted = || Event::of_job(JOB, JobEventKind::Halted);
    let finished = || {
        Event::of_job(
            JOB,
            JobEventKind::Finished {
                tally: Tally::default(),
            },
        )
    };
    let paused = || Event::of_job(JOB, JobEventKind::Paused);
    let mut story = one_runs();
    assert!(!follows(&story, halted()), "it is not to halt");
    assert!(!follows(&story, finished()), "one runs, and others wait");
    assert!(follows(&story, paused()));
    let reason = String::new();
    story.handle(Order::Halt { job: JOB }.because(reason)).unwrap();
    assert!(!follows(&story, halted()) && !follows(&story, paused()), "one runs");
    story.ends("a");
    assert!(!follows(&story, halted()), "it has halted");
    assert!(!follows(&story, finished()), "others wait");
    let skipped = hosts("b c");
    story
        .handle(Order::Skip {
            job: JOB,
            hosts: skipped,
            force: false,
        })
        .unwrap();
    assert!(!follows(&story, finished()), "it has finished");
    assert!(!follows(&story, Event::of_job(JOB, JobEventKind::Resumed)));

    let mut story = Story::new(web("a"), at_most("1"));
    story.submit(on("*"));
    assert!(!follows(&story, finished()), "the last one runs");
}

#[test]
fn a_job_is_altered_while_it_lasts_and_to_limits_that_can_be() {
    let altered = |max_parallel| {
        Event::of_job(
            JOB,
            JobEventKind::Altered {
                change: Box::new(JobSettings::new().max_parallel(Limit::Count(max_parallel)).into()),
            },
        )
    };
    let mut story = Story::new(web("a"), at_most("1"));
    story.submit(on("*"));
    assert!(follows(&story, altered(1)));
    assert!(!follows(&story, altered(0)));
    story.ends("a");
    assert!(!follows(&story, altered(1)));
}

#[test]
fn time_does_not_go_back() {
    let mut story = one_runs();
    story.waits(5);
    story.ends("a");
    let mut scheduler: Scheduler = story.drill.scheduler().clone();
    let (at, event) = (Timestamp::from_millis(4_999), Event::of_job(JOB, JobEventKind::Paused));
    assert!(scheduler.apply(&Record::new(at, event.clone())).is_err());
    let at = Timestamp::from_millis(5_000);
    assert!(scheduler.apply(&Record::new(at, event)).is_ok());
}
