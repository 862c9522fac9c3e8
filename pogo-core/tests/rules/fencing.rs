//! Hosts in doubt on which an attempt may still run: they are freed and tried again on their own word, or by force.

use std::time::Duration;

use pogo_core::fleet::HostName;
use pogo_core::policy::{OnDoubt, Policy};
use pogo_core::scheduler::{
    Actor, AttemptId, CureOrder, Event, FenceAnswer, FenceState, Input, InputError, JobId, Order, OrderLog, Outcome,
    TaskEventKind, TaskState,
};

use crate::permission::{JOB, asking, begins, last, order};
use crate::story::{Story, at_most, host, hosts, on, web};

/// A namespace in which `a` was permitted to begin, and is in doubt.
pub(super) fn in_doubt(names: &str, policy: Policy, host_lock: bool) -> (Story, AttemptId) {
    let mut story = asking(names, policy);
    story.submit(on("*"));
    let attempt = doubted(&mut story, host_lock);
    (story, attempt)
}

pub(super) fn doubted(story: &mut Story, host_lock: bool) -> AttemptId {
    let attempt = story.attempt("a");
    begins(story, "a", host_lock).unwrap();
    story.reports("a", Outcome::in_doubt("the link broke"));
    attempt
}

pub(super) fn fenced(story: &mut Story, attempt: AttemptId, answer: FenceAnswer) -> String {
    story.handle(Input::Fenced { attempt, answer }).unwrap()
}

pub(super) fn retry(names: &str) -> Order {
    let (job, hosts, force) = (JOB, hosts(names), false);
    Order::Retry { job, hosts, force }
}

pub(super) fn skip(names: &str) -> Order {
    let (job, hosts, force) = (JOB, hosts(names), false);
    Order::Skip { job, hosts, force }
}

pub(super) fn mark_up(name: &str) -> Order {
    let (host, force) = (host(name), false);
    Order::MarkUp { host, force }
}

/// The same by force.
pub(super) fn forced(mut order: Order) -> Order {
    if let Order::Retry { force, .. } | Order::Skip { force, .. } | Order::MarkUp { force, .. } = &mut order {
        *force = true;
    }
    order
}

pub(super) fn fence(story: &Story) -> FenceState {
    story.drill.scheduler().doubts()[0].fence
}

pub(super) fn gone() -> FenceAnswer {
    FenceAnswer::Ended(Outcome::in_doubt("what ran it is gone"))
}

#[test]
fn a_host_in_doubt_is_not_freed_before_it_says_what_became_of_its_attempt() {
    for input in [retry("a"), skip("a"), mark_up("a")] {
        for lock in [true, false] {
            let (mut story, attempt) = in_doubt("a,b", at_most("1"), lock);
            let refused = story.handle(input.clone()).unwrap_err();
            let wanted = InputError::NotFenced {
                job: JOB,
                host: host("a"),
                attempt,
                fence: FenceState::NotAsked,
            };
            assert_eq!(refused, wanted);
            assert!(refused.to_string().contains("by force"), "{refused}");
            assert_eq!(story.state(1, "b"), TaskState::Waiting, "the slot is held");
            // Nothing of it runs any more: how it ended is still unknown, and an order may decide.
            fenced(&mut story, attempt, gone());
            assert_eq!(
                (story.state(1, "a"), fence(&story)),
                (TaskState::InDoubt, FenceState::Fenced)
            );
            story.handle(input.clone()).unwrap();
        }
    }
}

#[test]
fn what_its_transport_did_not_ask_for_is_let_go_as_ever() {
    let mut story = Story::new(web("a"), Policy::default());
    story.submit(on("*"));
    story.reports("a", Outcome::in_doubt("the link broke"));
    assert!(story.drill.scheduler().doubts().is_empty());
    assert_eq!(story.handle(retry("a")).unwrap(), "a");
}

#[test]
fn an_attempt_that_runs_stays_in_doubt_and_so_does_one_whose_host_says_nothing() {
    for (answer, state) in [
        (FenceAnswer::StillRunning, FenceState::StillRunning),
        (FenceAnswer::unreachable("no route"), FenceState::Unreachable),
    ] {
        let (mut story, attempt) = in_doubt("a,b", at_most("1"), true);
        assert_eq!(fenced(&mut story, attempt, answer), "");
        assert_eq!((story.state(1, "a"), fence(&story)), (TaskState::InDoubt, state));
        let refused = story.handle(retry("a")).unwrap_err();
        assert!(
            matches!(refused, InputError::NotFenced { fence, .. } if fence == state),
            "{refused}"
        );
    }
}

#[test]
fn an_operator_answers_for_a_host_by_force_and_says_why() {
    for (input, state) in [
        (retry("a"), TaskState::Running),
        (skip("a"), TaskState::Skipped),
        (mark_up("a"), TaskState::InDoubt),
    ] {
        let (mut story, attempt) = in_doubt("a,b", at_most("1"), true);
        fenced(&mut story, attempt, FenceAnswer::unreachable("no route"));
        let input = forced(input);
        for reason in ["", " "] {
            let refused = story.handle(input.clone().because(reason)).unwrap_err();
            assert_eq!(refused, InputError::NoReason);
        }
        assert_eq!(story.handle(input.clone()).unwrap_err(), InputError::NoReason);
        let before = story.drill.records().len();
        let order = input.by(Actor::new("ada")).because("its rack burnt down");
        story.handle(order).unwrap();
        let lines = story.drill.records()[before..].iter().map(serde_json::to_string);
        let lines: Vec<String> = lines.map(Result::unwrap).collect();
        let wanted = r#""event":"host_fence_forced","host":"a","reason":"its rack burnt down","actor":{"name":"ada"}}"#;
        assert!(lines.iter().any(|line| line.ends_with(wanted)), "{lines:#?}");
        assert_eq!(story.state(1, "a"), state);
    }
}

#[test]
fn force_where_nothing_is_in_doubt_changes_nothing_more() {
    let mut story = asking("a", Policy::default());
    story.submit(on("*"));
    begins(&mut story, "a", true).unwrap();
    story.fails("a");
    order(&mut story, forced(retry("a")).because("to be sure"));
    let forced = |record: &pogo_core::scheduler::Record| matches!(&record.event, Event::Host(_));
    assert!(!story.drill.records().iter().any(forced));
}

#[test]
fn an_order_by_force_is_so_in_the_list_of_orders_and_no_other_is() {
    let (mut story, _) = in_doubt("a", Policy::default(), true);
    order(
        &mut story,
        Order::Freeze {
            hosts: "a".parse().unwrap(),
        },
    );
    order(&mut story, forced(mark_up("a")).because("it was looked at"));
    let log = OrderLog::of(story.drill.records());
    let shown: Vec<String> = log.entries().iter().rev().take(2).map(ToString::to_string).collect();
    assert_eq!(shown, ["a marked up by force: it was looked at", "a frozen"]);
}

#[test]
fn where_hosts_cannot_be_asked_orders_are_as_ever() {
    for host_lock in [true, false] {
        for input in [retry("a"), skip("a"), mark_up("a")] {
            let mut story = asking("a", Policy::default());
            order(
                &mut story,
                Input::Transport {
                    asks_permission: true,
                    fences: false,
                },
            );
            story.submit(on("*"));
            doubted(&mut story, host_lock);
            assert!(story.drill.scheduler().doubts().is_empty());
            order(&mut story, input);
        }
    }
}

#[test]
fn a_doubt_that_is_not_tried_again_by_itself_says_why() {
    for (host_lock, why) in [
        (false, "no lock of the host keeps two attempts apart"),
        (true, "the host did not say that it is over"),
    ] {
        let mut story = asking("a", Policy::default());
        story.submit(on("*").on_doubt(OnDoubt::Retry).retries(1));
        doubted(&mut story, host_lock);
        let TaskEventKind::InDoubt { message, .. } = last(&story) else {
            panic!("{:?}", last(&story));
        };
        assert_eq!(*message, format!("the link broke; not tried again by itself: {why}"));
    }
}

#[test]
fn a_doubt_is_retried_by_itself_only_on_the_host_s_word_and_under_its_lock() {
    for (locks, asked, again) in [
        (&[true][..], true, "a"),
        (&[true], false, ""),
        (&[false], true, ""),
        (&[true, false], true, ""),
        (&[false, true], true, ""),
    ] {
        let mut story = asking("a", Policy::default());
        story.submit(on("*").on_doubt(OnDoubt::Retry).retries(3).retry_delay(Duration::ZERO));
        let attempt = story.attempt("a");
        locks.iter().for_each(|lock| begins(&mut story, "a", *lock).unwrap());
        if asked {
            // Whoever runs it asks before it reports.
            fenced(&mut story, attempt, gone());
            assert_eq!(story.state(1, "a"), TaskState::Running);
        }
        let started = story.reports("a", Outcome::in_doubt("the link broke"));
        assert_eq!(started, again, "{locks:?}, {asked}");
    }
    // Asked later, it is the same.
    let mut story = asking("a", Policy::default());
    story.submit(on("*").on_doubt(OnDoubt::Retry).retries(1).retry_delay(Duration::ZERO));
    let attempt = doubted(&mut story, true);
    assert_eq!(fenced(&mut story, attempt, gone()), "a");
    // Of the end of attempts that do not ask, nothing is known that was not known before.
    let mut story = Story::new(web("a"), Policy::default());
    story.submit(on("*").on_doubt(OnDoubt::Retry).retries(1).retry_delay(Duration::ZERO));
    assert_eq!(story.reports("a", Outcome::in_doubt("the link broke")), "a");
}

#[test]
fn what_would_help_is_an_order_or_force_where_the_host_could_not_be_asked() {
    let (mut story, attempt) = in_doubt("a,b", at_most("1"), true);
    let cures = |story: &Story| -> Vec<String> {
        let obstacles = story.obstacles(1, "b");
        let cures = obstacles.iter().flat_map(|obstacle| &obstacle.cures);
        cures.map(ToString::to_string).collect()
    };
    assert_eq!(cures(&story), ["pogo retry 1 a", "pogo skip 1 a", "pogo mark up a"]);
    fenced(&mut story, attempt, FenceAnswer::unreachable("no route"));
    let forced = [
        "pogo retry --force --reason WHY 1 a",
        "pogo skip --force --reason WHY 1 a",
        "pogo mark up --force --reason WHY a",
    ];
    assert_eq!(cures(&story), forced);
    let obstacle = &story.obstacles(1, "b")[0];
    let skip = obstacle.cures[1].orders[0].clone();
    assert!(matches!(skip, CureOrder::Skip { force: true, .. }));
    for skip in skip.orders() {
        order(&mut story, skip.because("its rack burnt down"));
    }
    assert_eq!(story.state(1, "b"), TaskState::Running);
}

#[test]
fn which_hosts_have_to_be_asked_before_an_order_is_known() {
    let (mut story, attempt) = in_doubt("a,b", at_most("2"), true);
    let unfenced = |story: &Story, input: &Order| -> Vec<(HostName, AttemptId)> {
        let doubts = story.drill.scheduler().unfenced_by(input).into_iter();
        doubts.map(|doubt| (doubt.host, doubt.attempt)).collect()
    };
    for input in [retry("a b"), skip("a"), mark_up("a")] {
        assert_eq!(unfenced(&story, &input), [(host("a"), attempt)], "{input:?}");
    }
    for input in [skip("b"), mark_up("b"), Order::Pause { job: JOB }, retry("z")] {
        assert_eq!(unfenced(&story, &input), [], "{input:?}");
    }
    fenced(&mut story, attempt, gone());
    assert_eq!(unfenced(&story, &retry("a")), []);
}

#[test]
fn a_restarted_dispatcher_knows_what_is_in_doubt() {
    let (mut story, attempt) = in_doubt("a,b", at_most("1"), true);
    fenced(&mut story, attempt, FenceAnswer::unreachable("no route"));
    let known = story.drill.scheduler().doubts();
    assert_eq!(story.drill.replayed().scheduler().doubts(), known);
    let snapshot = story.drill.scheduler().snapshot();
    let restored = pogo_core::scheduler::Scheduler::restore(&snapshot).unwrap();
    assert!(restored.same_state(story.drill.scheduler()));
    assert_eq!(restored.doubts(), known);
    assert_eq!(known[0].job, JobId::new(1));
}
