//! Several jobs, and jobs that break the glass.

use std::time::Duration;

use pogo_core::plan::{self, JobSpec};
use pogo_core::policy::{JobSettings, Limit, OnDoubt, Policy, WaveGate};
use pogo_core::scheduler::{CancelReason, JobEventKind, JobId, JobStatus, Order, TaskEventKind, TaskState};

use crate::story::{Story, at_most, on, web};

#[test]
fn a_job_of_higher_priority_takes_the_next_free_place() {
    let mut story = Story::new(web("a,b,c"), at_most("1"));
    story.submit(on("a,b"));
    story.submit(on("c").priority(1));
    assert_eq!(story.ends("a"), "c");
    assert_eq!(story.ends("c"), "b");
}

#[test]
fn a_priority_can_be_altered() {
    let mut story = Story::new(web("a,b,c"), at_most("1"));
    story.submit(on("a,b"));
    story.submit(on("c"));
    let change = JobSettings::new().priority(5).into();
    story
        .handle(Order::Alter {
            job: JobId::new(2),
            change,
        })
        .unwrap();
    assert_eq!(story.ends("a"), "c");
}

#[test]
fn an_override_starts_against_every_limit_and_is_counted_and_leased() {
    let mut story = Story::new(web("a,b"), at_most("1"));
    story.submit(on("a"));
    let against = on("*").override_constraints("it burns");
    assert_eq!(story.submit(against), "b", "the other host is leased");
    let used: Vec<u32> = story
        .drill
        .scheduler()
        .buckets()
        .map(|bucket| bucket.running())
        .collect();
    assert_eq!(used, [2]);
    assert_eq!(story.ends("a"), "a");
}

#[test]
fn a_job_runs_as_many_at_once_as_it_allows_itself() {
    let mut story = Story::new(web("a,b,c"), Policy::default());
    assert_eq!(story.submit(on("*").max_parallel("2".parse().unwrap())), "a b");
    assert_eq!(story.fails("a"), "c");
    let change = JobSettings::new().max_parallel(Limit::Count(1)).into();
    story
        .handle(Order::Alter {
            job: JobId::new(1),
            change,
        })
        .unwrap();
    story.ends("b");
    assert_eq!(story.state(1, "c"), TaskState::Running);
}

#[test]
fn a_shuffled_order_is_drawn_from_the_seed() {
    let order = |order: plan::HostOrder, seed: u64| {
        let mut story = Story::new(web("h[1-9]"), at_most("1"));
        let mut all = vec![story.submit(on("*").order(order).seed(seed))];
        while let Some(last) = all.last().cloned().filter(|last| !last.is_empty()) {
            all.push(story.ends(&last));
        }
        all.join(" ").trim().to_owned()
    };
    assert_eq!(order(plan::HostOrder::Listed, 1), "h1 h2 h3 h4 h5 h6 h7 h8 h9");
    assert_ne!(order(plan::HostOrder::Shuffled, 1), order(plan::HostOrder::Listed, 1));
    assert_eq!(order(plan::HostOrder::Shuffled, 1), order(plan::HostOrder::Shuffled, 1));
    assert_ne!(order(plan::HostOrder::Shuffled, 1), order(plan::HostOrder::Shuffled, 2));
}

#[test]
fn an_abort_cancels_what_waits_and_what_runs() {
    let mut story = Story::new(web("a,b"), at_most("1"));
    story.submit(on("*"));
    let (job, attempt) = (JobId::new(1), story.attempt("a"));
    story.handle(Order::Abort { job }.because("enough")).unwrap();
    let cancelled = story.drill.records().iter().any(|record| {
        let reason = CancelReason::Abort;
        record.event.task_kind() == Some(&TaskEventKind::CancelRequested { attempt, reason })
    });
    assert!(cancelled);
    assert_eq!(story.state(1, "b"), TaskState::Cancelled);
    assert_eq!(story.status(1), JobStatus::Halting);
    assert_eq!(story.fails("a"), "");
    assert_eq!(story.status(1), JobStatus::Finished);
}

#[test]
fn every_default_is_decided_when_the_job_is_submitted_and_stored_with_it() {
    let seconds = Duration::from_secs;
    let mut policy = Policy::default();
    policy.defaults.attempt_timeout = Some(seconds(100));
    policy.defaults.job_timeout = Some(seconds(200));
    (policy.defaults.retries, policy.defaults.connect_retries) = (Some(3), Some(4));
    (policy.defaults.retry_delay, policy.defaults.settle) = (Some(seconds(5)), Some(seconds(6)));
    policy.defaults.max_failures = Some("50%".parse().unwrap());
    policy.defaults.on_doubt = Some(OnDoubt::Retry);
    policy.defaults.pre_hooks = Some("/before".to_owned());
    let mut story = Story::new(web("a,b"), policy);
    story.submit(on("*").retries(0));
    let stored = story
        .drill
        .records()
        .iter()
        .find_map(|record| match record.event.job_kind() {
            Some(JobEventKind::Submitted { spec, .. }) => Some(JobSpec::clone(spec)),
            _ => None,
        });
    let expected = on("*")
        .attempt_timeout(seconds(100))
        .slow_after(seconds(600))
        .job_timeout(seconds(200))
        .retries(0)
        .connect_retries(4)
        .retry_delay(seconds(5))
        .retry_backoff(1)
        .settle(seconds(6))
        .max_failures("50%".parse().unwrap())
        .on_doubt(OnDoubt::Retry)
        .bake(Duration::ZERO)
        .gate(WaveGate::Automatic)
        .allow_failures(Limit::Count(0))
        .priority(0)
        .leave_after(seconds(300))
        .pre_hooks("/before".to_owned())
        .post_hooks("/etc/pogo/post.d".to_owned());
    assert_eq!(stored, Some(expected));
    story.configure(web("a,b"), Policy::default());
    let job = story.drill.scheduler().job(JobId::new(1)).unwrap();
    assert_eq!(job.settings().attempt_timeout, Duration::from_secs(100));
}
