//! Attempts that ask whether they may begin.

use std::time::Duration;

use pogo_core::policy::{Policy, Rule};
use pogo_core::scheduler::{
    Actor, AttemptId, BeginRefused, FailureKind, Input, InputError, JobId, JobStatus, NeverBegan, Order, Outcome,
    Permission, Phase, TaskEventKind, TaskState,
};

use crate::story::{Story, at_most, host, limited, on, web};

pub(crate) const JOB: JobId = JobId::new(1);

/// A namespace whose attempts ask.
pub(crate) fn asking(names: &str, policy: Policy) -> Story {
    let mut story = Story::new(web(names), policy);
    asks(&mut story);
    story
}

fn asks(story: &mut Story) {
    story
        .handle(Input::Transport {
            asks_permission: true,
            fences: true,
        })
        .unwrap();
}

pub(crate) fn begins(story: &mut Story, name: &str, host_lock: bool) -> Result<(), BeginRefused> {
    let attempt = story.attempt(name);
    match story.handle(Input::Begin { attempt, host_lock }) {
        Ok(_) => Ok(()),
        Err(InputError::MayNotBegin { reason, .. }) => Err(reason),
        Err(other) => panic!("{other}"),
    }
}

pub(crate) fn never_began(story: &mut Story, name: &str, reason: NeverBegan) -> String {
    story.reports(name, Outcome::never_began(reason, "as the test says"))
}

pub(crate) fn permission(story: &Story, name: &str) -> Permission {
    let attempt = story.attempt(name);
    story.drill.scheduler().attempt(attempt).unwrap().permission
}

pub(crate) fn last(story: &Story) -> &TaskEventKind {
    let mut records = story.drill.records().iter().rev();
    records.find_map(|record| record.event.task_kind()).unwrap()
}

pub(crate) fn order(story: &mut Story, input: impl Into<Input>) {
    story.handle(input).unwrap();
}

pub(crate) fn abort(story: &mut Story) {
    let reason = "enough".to_owned();
    order(story, Order::Abort { job: JOB }.because(reason));
}

#[test]
fn an_attempt_that_asks_is_permitted_and_that_is_recorded() {
    let mut story = asking("a", Policy::default());
    story.submit(on("*"));
    assert!(matches!(
        last(&story),
        TaskEventKind::Started {
            asks_permission: true,
            ..
        }
    ));
    assert_eq!(permission(&story, "a"), Permission::Awaited);
    assert_eq!(begins(&mut story, "a", true), Ok(()));
    assert!(matches!(last(&story), TaskEventKind::Permitted { host_lock: true, .. }));
    assert_eq!(
        permission(&story, "a"),
        Permission::Given {
            host_lock: true,
            fences: true
        }
    );
}

#[test]
fn an_attempt_asks_anew_after_a_broken_link_and_once_without_a_lock_is_without_one() {
    let mut story = asking("a", Policy::default());
    story.submit(on("*"));
    for (lock, given) in [(true, true), (false, false), (true, false)] {
        assert_eq!(begins(&mut story, "a", lock), Ok(()));
        assert_eq!(
            permission(&story, "a"),
            Permission::Given {
                host_lock: given,
                fences: true
            }
        );
    }
    let attempt = story.attempt("a");
    order(
        &mut story,
        Input::PhaseEntered {
            attempt,
            phase: Phase::Command,
        },
    );
    assert_eq!(begins(&mut story, "a", true), Ok(()), "it looks whether it still runs");
    abort(&mut story);
    assert_eq!(begins(&mut story, "a", true), Err(BeginRefused::Aborted { job: JOB }));
}

#[test]
fn an_attempt_whose_transport_never_said_that_it_asks_may_ask() {
    let mut story = Story::new(web("a"), Policy::default());
    story.submit(on("*"));
    assert_eq!(permission(&story, "a"), Permission::NotAsked);
    assert_eq!(begins(&mut story, "a", false), Ok(()));
    assert_eq!(
        permission(&story, "a"),
        Permission::Given {
            host_lock: false,
            fences: false
        }
    );
}

#[test]
fn a_paused_job_begins_nothing_and_its_host_waits_again() {
    let mut story = asking("a,b", at_most("1"));
    story.submit(on("*"));
    order(&mut story, Order::Pause { job: JOB });
    let status = JobStatus::Paused;
    assert_eq!(
        begins(&mut story, "a", true),
        Err(BeginRefused::Job { job: JOB, status })
    );
    assert_eq!(never_began(&mut story, "a", NeverBegan::Refused), "");
    assert_eq!(story.state(1, "a"), TaskState::Waiting);
    assert_eq!(
        story.handle(Order::Resume { job: JOB }).unwrap(),
        "b",
        "fresh hosts come first"
    );
    begins(&mut story, "b", true).unwrap();
    assert_eq!(story.ends("b"), "a");
}

#[test]
fn a_halted_job_begins_nothing_and_is_halted_once_nothing_runs() {
    let mut story = asking("a", Policy::default());
    story.submit(on("*"));
    let reason = "enough".to_owned();
    order(&mut story, Order::Halt { job: JOB }.because(reason));
    let status = JobStatus::Halting;
    assert_eq!(
        begins(&mut story, "a", true),
        Err(BeginRefused::Job { job: JOB, status })
    );
    never_began(&mut story, "a", NeverBegan::Refused);
    assert_eq!(
        (story.state(1, "a"), story.status(1)),
        (TaskState::Waiting, JobStatus::Halted)
    );
}

#[test]
fn an_aborted_job_begins_nothing_and_its_host_is_cancelled() {
    let mut story = asking("a", Policy::default());
    story.submit(on("*"));
    abort(&mut story);
    assert_eq!(begins(&mut story, "a", true), Err(BeginRefused::Aborted { job: JOB }));
    never_began(&mut story, "a", NeverBegan::Refused);
    assert_eq!(story.state(1, "a"), TaskState::Cancelled);
    assert_eq!(story.status(1), JobStatus::Finished, "and no host is in doubt");
    assert!(story.drill.scheduler().holder_reason(&host("a")).is_none());
}

#[test]
fn a_job_over_its_budget_begins_nothing_more() {
    let mut story = asking("a,b,c", Policy::default());
    let mut spec = on("*");
    spec.settings.max_failures = Some("0".parse().unwrap());
    story.submit(spec);
    begins(&mut story, "a", true).unwrap();
    story.fails("a");
    assert_eq!(
        begins(&mut story, "b", true),
        Err(BeginRefused::OverBudget { job: JOB })
    );

    let mut story = asking("a,b,c", limited(Rule::MaxFailures("0".parse().unwrap())));
    story.submit(on("*"));
    begins(&mut story, "a", true).unwrap();
    story.fails("a");
    assert_eq!(
        begins(&mut story, "b", true),
        Err(BeginRefused::OverBudget { job: JOB })
    );
    assert_eq!(never_began(&mut story, "b", NeverBegan::Refused), "", "it stays away");
}

#[test]
fn a_frozen_host_begins_nothing() {
    let mut story = asking("a,b", Policy::default());
    story.submit(on("*"));
    let (hosts, by, reason) = ("a".parse().unwrap(), "ann".to_owned(), "look".to_owned());
    order(&mut story, Order::Freeze { hosts }.by(Actor::new(by)).because(reason));
    let refused = begins(&mut story, "a", true).unwrap_err();
    assert!(matches!(refused, BeginRefused::Frozen { .. }), "{refused}");
    assert_eq!(never_began(&mut story, "a", NeverBegan::Refused), "");
    assert_eq!(begins(&mut story, "b", true), Ok(()));
}

#[test]
fn a_host_that_has_left_begins_nothing_and_is_waited_for() {
    let mut story = asking("a,b", Policy::default());
    story.submit(on("*"));
    story.configure(web("b"), Policy::default());
    assert_eq!(begins(&mut story, "a", true), Err(BeginRefused::HostRemoved));
    never_began(&mut story, "a", NeverBegan::Refused);
    assert_eq!(story.state(1, "a"), TaskState::Waiting);
    story.waits(300);
    assert_eq!(story.state(1, "a"), TaskState::Cancelled);
}

#[test]
fn a_dispatcher_that_drains_begins_nothing() {
    let mut story = asking("a", Policy::default());
    story.submit(on("*"));
    order(&mut story, Input::Drain { cancel: vec![] });
    assert_eq!(begins(&mut story, "a", true), Err(BeginRefused::Draining));
    assert_eq!(never_began(&mut story, "a", NeverBegan::Refused), "");
    assert_eq!(story.state(1, "a"), TaskState::Waiting, "the next dispatcher starts it");
}

#[test]
fn an_attempt_that_is_over_or_cancelled_does_not_begin() {
    let mut story = asking("a", Policy::default());
    story.submit(on("*").attempt_timeout(Duration::from_secs(60)));
    let attempt = story.attempt("a");
    story.waits(60);
    assert_eq!(begins(&mut story, "a", true), Err(BeginRefused::Cancelled));
    story.reports("a", Outcome::failed(FailureKind::Timeout, ""));
    let over = |attempt| InputError::MayNotBegin {
        attempt,
        reason: BeginRefused::Over,
    };
    let result = story.handle(Input::Begin {
        attempt,
        host_lock: true,
    });
    assert_eq!(result, Err(over(attempt)));
    let attempt = AttemptId::new(99);
    let result = story.handle(Input::Begin {
        attempt,
        host_lock: true,
    });
    assert_eq!(result, Err(InputError::UnknownAttempt { attempt }));
}
