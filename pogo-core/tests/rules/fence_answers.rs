//! What a host reports of its attempt in doubt, and what follows from it.

use std::time::Duration;

use pogo_core::fleet::HostName;
use pogo_core::policy::Policy;
use pogo_core::scheduler::{
    AttemptId, FailureKind, FenceAnswer, FenceState, Input, InputError, JobEventKind, JobStatus, NeverBegan, Order,
    Outcome, Record, TaskState,
};

use super::fencing::{doubted, fence, fenced, forced, gone, in_doubt, mark_up, retry, skip};
use crate::permission::{JOB, abort, asking, begins, order};
use crate::story::{Story, at_most, host, on};

/// A job that has retired, and left `a` in doubt.
fn retired() -> (Story, AttemptId) {
    let policy = Policy::default().retire_after(Duration::ZERO);
    let (mut story, attempt) = in_doubt("a", policy, true);
    story.waits(1);
    assert!(story.drill.scheduler().job(JOB).is_none(), "it retired");
    (story, attempt)
}

#[test]
fn an_attempt_in_doubt_ends_as_its_host_says() {
    let (mut story, attempt) = in_doubt("a,b", at_most("1"), true);
    assert_eq!(fenced(&mut story, attempt, FenceAnswer::Ended(Outcome::Succeeded)), "b");
    assert_eq!(story.state(1, "a"), TaskState::Succeeded);

    let (mut story, attempt) = in_doubt("a,b", at_most("1"), true);
    let failed = Outcome::failed(FailureKind::Command { status: 3 }, "");
    assert_eq!(
        fenced(&mut story, attempt, FenceAnswer::Ended(failed)),
        "",
        "it keeps its slot"
    );
    assert_eq!(story.state(1, "a"), TaskState::Failed);
    assert_eq!(
        story.handle(retry("a")).unwrap(),
        "a",
        "and is retried as any that failed"
    );

    let (mut story, attempt) = in_doubt("a,b", at_most("1"), true);
    assert_eq!(
        fenced(&mut story, attempt, FenceAnswer::NeverBegan),
        "b",
        "its slot is free"
    );
    assert_eq!(story.state(1, "a"), TaskState::Waiting);
}

#[test]
fn what_failed_is_retried_as_if_it_had_been_reported_so() {
    let mut story = asking("a", Policy::default());
    story.submit(on("*").retries(1).retry_delay(Duration::ZERO));
    let attempt = doubted(&mut story, true);
    let failed = Outcome::failed(FailureKind::Command { status: 3 }, "");
    assert_eq!(fenced(&mut story, attempt, FenceAnswer::Ended(failed)), "a");
}

#[test]
fn a_host_that_turns_out_to_be_done_settles_first() {
    let mut story = asking("a", Policy::default());
    story.submit(on("*").settle(Duration::from_secs(60)));
    let attempt = doubted(&mut story, true);
    assert_eq!(story.status(1), JobStatus::Finished);
    fenced(&mut story, attempt, FenceAnswer::Ended(Outcome::Succeeded));
    assert_eq!(
        (story.state(1, "a"), story.status(1)),
        (TaskState::Running, JobStatus::Running)
    );
    story.waits(60);
    assert_eq!(
        (story.state(1, "a"), story.status(1)),
        (TaskState::Succeeded, JobStatus::Finished)
    );
}

#[test]
fn a_finished_job_goes_on_with_a_host_that_never_began() {
    let (mut story, attempt) = in_doubt("a", Policy::default(), true);
    assert_eq!(story.status(1), JobStatus::Finished);
    fenced(&mut story, attempt, FenceAnswer::NeverBegan);
    assert_eq!(story.status(1), JobStatus::Running);
    assert_eq!(story.waits(10), "a");
}

#[test]
fn a_job_that_was_given_up_stays_so_when_its_hosts_answer() {
    for answer in [FenceAnswer::NeverBegan, FenceAnswer::Ended(Outcome::Succeeded)] {
        let mut story = asking("a", Policy::default());
        story.submit(on("*"));
        let attempt = story.attempt("a");
        begins(&mut story, "a", true).unwrap();
        abort(&mut story);
        story.waits(30);
        assert_eq!(
            (story.state(1, "a"), story.status(1)),
            (TaskState::InDoubt, JobStatus::Finished)
        );
        assert_eq!(fenced(&mut story, attempt, answer.clone()), "");
        assert_eq!(story.status(1), JobStatus::Finished);
        let state = story.state(1, "a");
        let wanted = match answer {
            FenceAnswer::NeverBegan => TaskState::Cancelled,
            _ => TaskState::Succeeded,
        };
        assert_eq!(state, wanted);
    }
}

#[test]
fn a_job_whose_time_is_over_is_not_halted_by_what_its_hosts_say() {
    for (answer, state) in [
        (FenceAnswer::Ended(Outcome::Succeeded), TaskState::Succeeded),
        (
            FenceAnswer::Ended(Outcome::failed(FailureKind::Command { status: 3 }, "")),
            TaskState::Failed,
        ),
    ] {
        let mut story = asking("a", Policy::default());
        story.submit(on("*").job_timeout(Duration::from_secs(60)));
        let attempt = doubted(&mut story, true);
        story.waits(120);
        fenced(&mut story, attempt, answer);
        assert_eq!((story.state(1, "a"), story.status(1)), (state, JobStatus::Finished));
        story.waits(1);
        let halting = |record: &Record| matches!(record.event.job_kind(), Some(JobEventKind::Halting { .. }));
        assert!(!story.drill.records().iter().any(halting));
    }
}

#[test]
fn a_failure_before_the_doubt_is_as_it_was_when_the_attempt_never_began() {
    let mut story = asking("a,b", at_most("1"));
    story.submit(on("*"));
    begins(&mut story, "a", true).unwrap();
    story.fails("a");
    story.handle(retry("a")).unwrap();
    let attempt = doubted(&mut story, true);
    assert_eq!(
        fenced(&mut story, attempt, FenceAnswer::NeverBegan),
        "",
        "it is failed as before, and keeps its slot"
    );
    assert_eq!(story.waits(10), "a", "which its repair does not need a second time");
}

#[test]
fn an_answer_that_comes_while_another_job_runs_there_lets_the_host_go_later() {
    let (mut story, attempt) = in_doubt("a", Policy::default(), true);
    assert_eq!(story.submit(on("a")), "a");
    fenced(&mut story, attempt, FenceAnswer::Ended(Outcome::Succeeded));
    assert_eq!(
        (story.state(1, "a"), fence(&story)),
        (TaskState::InDoubt, FenceState::Fenced)
    );
    order(&mut story, skip("a"));
    assert_eq!(story.state(1, "a"), TaskState::Skipped);
}

#[test]
fn an_answer_that_comes_too_late_or_for_nothing_changes_nothing() {
    let (mut story, attempt) = in_doubt("a", Policy::default(), true);
    fenced(&mut story, attempt, FenceAnswer::Ended(Outcome::Succeeded));
    let before = story.drill.records().len();
    fenced(&mut story, attempt, FenceAnswer::NeverBegan);
    assert_eq!(story.drill.records().len(), before);
    let (attempt, answer) = (AttemptId::new(99), FenceAnswer::NeverBegan);
    let refused = story.handle(Input::Fenced { attempt, answer }).unwrap_err();
    assert_eq!(refused, InputError::UnknownAttempt { attempt });
}

#[test]
fn an_answer_for_what_has_not_begun_or_settles_changes_nothing() {
    let mut story = asking("a", Policy::default());
    story.submit(on("*").settle(Duration::from_secs(60)));
    let attempt = story.attempt("a");
    let changes_nothing = |story: &mut Story| {
        let before = story.drill.records().len();
        fenced(story, attempt, FenceAnswer::StillRunning);
        assert_eq!(story.drill.records().len(), before);
    };
    changes_nothing(&mut story);
    begins(&mut story, "a", true).unwrap();
    story.reports("a", Outcome::Succeeded);
    assert_eq!(story.state(1, "a"), TaskState::Running);
    changes_nothing(&mut story);
}

#[test]
fn an_attempt_that_never_began_after_the_answer_waits_again() {
    let (mut story, attempt) = in_doubt("a", Policy::default(), true);
    let answer = FenceAnswer::Ended(Outcome::never_began(NeverBegan::Expired, "late"));
    fenced(&mut story, attempt, answer);
    assert_eq!(story.state(1, "a"), TaskState::Waiting);
}

#[test]
fn a_host_that_a_retired_job_left_in_doubt_is_let_go_on_its_word_or_by_force() {
    for input in [retry("a"), skip("a"), mark_up("a")] {
        let (mut story, attempt) = retired();
        let refused = story.handle(input.clone()).unwrap_err();
        assert!(
            matches!(&refused, InputError::NotFenced { attempt: of, .. } if *of == attempt),
            "{refused}"
        );
        let asked = story.drill.scheduler().unfenced_by(&input);
        assert_eq!(asked.len(), 1);
        let mut by_force = story.drill.replayed();
        by_force
            .handle(forced(input.clone()).because("it was reinstalled"))
            .unwrap();
        assert_eq!(
            by_force.scheduler().retired_jobs().count(),
            usize::from(matches!(input, Order::Retry { .. }))
        );
        fenced(&mut story, attempt, gone());
        order(&mut story, input);
    }
}

#[test]
fn a_host_that_a_retired_job_left_in_doubt_is_as_it_says() {
    let held = |story: &Story| -> Vec<(HostName, Option<FailureKind>)> {
        let jobs = story.drill.scheduler().retired_jobs();
        let hosts = jobs.flat_map(|job| job.hosts().map(|(host, failure)| (host.clone(), failure.cloned())));
        hosts
            .map(|(host, failure)| (host, failure.map(|failure| failure.kind)))
            .collect()
    };
    for answer in [FenceAnswer::Ended(Outcome::Succeeded), FenceAnswer::NeverBegan] {
        let (mut story, attempt) = retired();
        fenced(&mut story, attempt, answer);
        assert_eq!(held(&story), [], "it is free");
        assert!(story.drill.scheduler().doubts().is_empty());
    }
    let (mut story, attempt) = retired();
    let kind = FailureKind::Command { status: 3 };
    fenced(
        &mut story,
        attempt,
        FenceAnswer::Ended(Outcome::failed(kind.clone(), "")),
    );
    assert_eq!(held(&story), [(host("a"), Some(kind))]);
    assert!(story.drill.scheduler().doubts().is_empty());
    order(&mut story, skip("a"));
    assert_eq!(held(&story), []);
    let (mut story, attempt) = retired();
    fenced(&mut story, attempt, FenceAnswer::StillRunning);
    assert_eq!(held(&story), [(host("a"), None)]);
    assert_eq!(fence(&story), FenceState::StillRunning);
    let snapshot = story.drill.scheduler().snapshot();
    let restored = pogo_core::scheduler::Scheduler::restore(&snapshot).unwrap();
    assert!(restored.same_state(story.drill.scheduler()));
    assert_eq!(restored.doubts(), story.drill.scheduler().doubts());
}

#[test]
fn what_a_host_said_before_an_attempt_was_permitted_anew_does_not_count() {
    let mut story = asking("a", Policy::default());
    story.submit(on("*"));
    let attempt = story.attempt("a");
    begins(&mut story, "a", true).unwrap();
    fenced(&mut story, attempt, gone());
    begins(&mut story, "a", true).unwrap();
    story.reports("a", Outcome::in_doubt("the link broke"));
    assert_eq!(fence(&story), FenceState::NotAsked);
}
