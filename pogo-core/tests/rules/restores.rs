//! Restores: a journal that is a copy goes on in a new incarnation, in which nothing goes on by itself.

use std::sync::Arc;

use pogo_core::Timestamp;
use pogo_core::journal::replay;
use pogo_core::policy::{OnDoubt, Policy};
use pogo_core::scheduler::{
    Actor, AttemptId, BeginRefused, Blocker, Command, DoubtCause, Event, FenceAnswer, Incarnation, Input, InputError,
    JobEventKind, JobId, JobStatus, NamespaceEventKind, Order, OrderKind, OrderLog, Outcome, Query, Record, RequestId,
    RestoreCause, RestoreId, RestoreIdError, Scheduler, TaskEventKind, TaskState, View,
};
use pogo_core::testing::Drill;

use crate::fencing::{fenced, forced, retry};
use crate::permission::{asking, begins};
use crate::story::{Story, at_most, on, web};

const GAP: u64 = 1 << 31;

fn restored(at_least: u64) -> Input {
    Input::Restored {
        cause: RestoreCause::Copied,
        at_least: Incarnation(at_least),
        id: None,
        request: None,
        reason: "the disk is gone".into(),
        actor: Some(Arc::new(Actor::new("ada"))),
    }
}

/// What a restore leads to, event by event.
fn restore(story: &mut Story) -> Vec<Event> {
    let events = story.drill.handle(restored(0)).unwrap();
    assert_eq!(story.drill.scheduler().verify(), Ok(()));
    events
}

fn doubts(events: &[Event]) -> Vec<(u64, Option<DoubtCause>)> {
    let doubt = |event: &Event| match event.task_kind()? {
        TaskEventKind::InDoubt { attempt, cause, .. } => Some((attempt.number(), *cause)),
        _ => None,
    };
    events.iter().filter_map(doubt).collect()
}

#[test]
fn every_job_that_may_start_something_is_paused_until_it_is_resumed() {
    let mut story = Story::new(web("a,b,c"), at_most("1"));
    for targets in ["a,b", "b", "c"] {
        story.submit(on(targets));
    }
    let halted = JobId::new(3);
    story.handle(Order::Halt { job: halted }).unwrap();
    let events = restore(&mut story);
    let paused = |event: &Event| event.job_kind() == Some(&JobEventKind::Paused);
    let paused: Vec<_> = events
        .iter()
        .filter(|event| paused(event))
        .filter_map(Event::job)
        .collect();
    assert_eq!(paused, [JobId::new(1), JobId::new(2)]);
    assert_eq!(story.status(3), JobStatus::Halted);
    assert_eq!(story.waits(86_400), "");
    // `a` is in doubt, and holds the only slot: once an operator has seen to it, the job still waits.
    assert_eq!(story.handle(retry("a")).unwrap(), "");
    assert_eq!(story.handle(Order::Resume { job: JobId::new(1) }).unwrap(), "a");
}

#[test]
fn a_job_says_that_a_restore_paused_it() {
    let mut story = Story::new(web("a,b"), at_most("1"));
    story.submit(on("*"));
    restore(&mut story);
    let blockers = story.explain(1, "b");
    let said = blockers
        .iter()
        .find(|blocker| matches!(blocker, Blocker::Paused { .. }));
    assert_eq!(
        said.unwrap().to_string(),
        "the job was paused by ada at 1970-01-01 00:00 UTC: the namespace was restored, since its journal is a copy \
         (the disk is gone)"
    );
}

#[test]
fn an_attempt_that_had_not_ended_is_in_doubt_whether_or_not_it_was_permitted() {
    let mut story = asking("a,b,c", Policy::default());
    story.submit(on("*"));
    begins(&mut story, "a", true).unwrap();
    begins(&mut story, "b", false).unwrap();
    let cause = Some(DoubtCause::Restored);
    assert_eq!(doubts(&restore(&mut story)), [(1, cause), (2, cause), (3, cause)]);
    // All three hosts have to be asked: `c` may have been permitted since the copy was made.
    let doubts = story.drill.scheduler().doubts();
    let known: Vec<_> = doubts
        .iter()
        .map(|doubt| (doubt.host.as_str(), doubt.host_lock))
        .collect();
    assert_eq!(known, [("a", true), ("b", false), ("c", true)]);
    let refused = story.handle(retry("c")).unwrap_err();
    assert!(matches!(refused, InputError::NotFenced { .. }), "{refused}");
    fenced(&mut story, AttemptId::new(3), FenceAnswer::NeverBegan);
    assert_eq!(story.state(1, "c"), TaskState::Waiting);
    fenced(&mut story, AttemptId::new(1), FenceAnswer::Ended(Outcome::Succeeded));
    assert_eq!(story.state(1, "a"), TaskState::Succeeded);
    story.handle(forced(retry("b")).because("looked at it")).unwrap();
    assert_eq!(story.waits(600), "");
    assert_eq!(story.handle(Order::Resume { job: JobId::new(1) }).unwrap(), "b c");
}

#[test]
fn an_attempt_of_a_transport_that_cannot_ask_its_host_is_let_go_by_order() {
    let mut story = Story::new(web("a,b"), at_most("1"));
    let (asks_permission, fences) = (true, false);
    story
        .handle(Input::Transport {
            asks_permission,
            fences,
        })
        .unwrap();
    story.submit(on("*"));
    restore(&mut story);
    assert!(story.drill.scheduler().doubts().is_empty());
    story.handle(retry("a")).unwrap();
    assert_eq!(story.state(1, "a"), TaskState::Waiting);
}

#[test]
fn what_a_restore_leaves_in_doubt_is_not_tried_again_by_itself() {
    let mut story = Story::new(web("a"), Policy::default());
    let mut spec = on("*");
    (spec.settings.on_doubt, spec.settings.retries) = (Some(OnDoubt::Retry), Some(3));
    story.submit(spec);
    restore(&mut story);
    assert_eq!(story.state(1, "a"), TaskState::InDoubt);
}

#[test]
fn a_job_of_which_everything_was_in_doubt_goes_on_by_an_order_alone() {
    let mut story = asking("a,b", Policy::default());
    story.submit(on("*"));
    begins(&mut story, "a", true).unwrap();
    // It had ended unknown before the copy was made.
    story.reports("a", Outcome::in_doubt("the link broke"));
    restore(&mut story);
    assert_eq!(story.status(1), JobStatus::Finished);
    for attempt in [1, 2] {
        assert_eq!(fenced(&mut story, AttemptId::new(attempt), FenceAnswer::NeverBegan), "");
        assert_eq!(story.status(1), JobStatus::Paused);
    }
    assert_eq!(story.waits(600), "");
    assert_eq!(story.handle(Order::Resume { job: JobId::new(1) }).unwrap(), "a b");
}

#[test]
fn a_host_that_settles_has_succeeded() {
    let mut story = Story::new(web("a,b"), at_most("1"));
    let mut spec = on("*");
    spec.settings.settle = Some(std::time::Duration::from_secs(30));
    story.submit(spec);
    story.ends("a");
    assert_eq!(doubts(&restore(&mut story)), []);
    assert_eq!(story.waits(31), "", "the job is paused");
    assert_eq!(story.state(1, "a"), TaskState::Succeeded);
}

#[test]
fn numbers_go_on_behind_all_that_may_have_been_given_since_the_copy_was_made() {
    let mut story = Story::new(web("a,b,c"), Policy::default());
    story.submit(on("a"));
    story.submit(on("b"));
    for restores in 1..=3 {
        let events = restore(&mut story);
        let begun = events[0].restored().unwrap();
        assert_eq!(begun, Incarnation(restores));
        let scheduler = story.drill.scheduler();
        assert_eq!(scheduler.incarnation(), begun);
        let next = 2 + restores;
        assert_eq!(scheduler.next_job(), JobId::new(restores * GAP + next));
        let job = story.drill.submit(on("c")).unwrap();
        let attempt = story.attempt("c");
        assert_eq!(
            (job.number(), attempt.number()),
            (restores * GAP + next, restores * GAP + next)
        );
        let scheduler = story.drill.scheduler();
        assert_eq!(scheduler.incarnation_of(attempt), begun);
        let given_before = AttemptId::new(restores * GAP + next - 1);
        assert_eq!(scheduler.incarnation_of(given_before), Incarnation(restores - 1));
        story.handle(Order::Abort { job }).unwrap();
        story.reports("c", Outcome::Succeeded);
    }
    assert_eq!(
        story.drill.scheduler().incarnation_of(AttemptId::new(2)),
        Incarnation(0)
    );
}

#[test]
fn an_incarnation_is_above_those_that_the_store_knows_of() {
    let mut story = Story::new(web("a"), Policy::default());
    story.handle(restored(7)).unwrap();
    assert_eq!(story.drill.scheduler().incarnation(), Incarnation(7));
    assert_eq!(story.drill.scheduler().next_job(), JobId::new(7 * GAP + 1));
    story.handle(restored(3)).unwrap();
    assert_eq!(story.drill.scheduler().incarnation(), Incarnation(8));
    let refused = story.handle(restored(u64::MAX)).unwrap_err();
    assert_eq!(refused, InputError::TooManyRestores);
}

/// A restore with an id of the store's, and a request.
fn identified(id: Option<u64>, request: &str) -> Input {
    match restored(0) {
        Input::Restored {
            cause,
            at_least,
            reason,
            actor,
            ..
        } => Input::Restored {
            cause,
            at_least,
            id: id.map(RestoreId),
            request: Some(RequestId::new(request).unwrap()),
            reason,
            actor,
        },
        _ => unreachable!(),
    }
}

#[test]
fn a_restore_that_is_given_again_is_recorded_once() {
    let mut story = Story::new(web("a,b"), at_most("1"));
    story.submit(on("*"));
    for id in [Some(7), None] {
        let request = format!("accept-{id:?}");
        story.handle(identified(id, &request)).unwrap();
        let begun = story.drill.scheduler().incarnation();
        let resume = Order::Resume { job: JobId::new(1) };
        story.handle(resume).unwrap();
        // By the request where the store tells nothing, and by the store's word whatever the request is.
        let again = [Some(request.as_str()), id.map(|_| "another")];
        for again in again.into_iter().flatten() {
            assert_eq!(story.drill.handle(identified(id, again)).unwrap(), []);
        }
        assert_eq!(story.drill.scheduler().incarnation(), begun);
        assert_eq!(story.status(1), JobStatus::Blocked, "its job is not paused again");
    }
    assert_eq!(story.drill.scheduler().incarnation(), Incarnation(2));
    let live = story.drill.scheduler();
    let stored = serde_json::to_string(&live.snapshot()).unwrap();
    let copies = [
        replay(story.drill.records()).unwrap(),
        Scheduler::restore(&serde_json::from_str(&stored).unwrap()).unwrap(),
    ];
    for copy in copies {
        let mut drill: Drill = story.drill.with_scheduler(copy);
        for again in [identified(Some(7), "accept-Some(7)"), identified(None, "accept-None")] {
            assert_eq!(drill.handle(again).unwrap(), []);
        }
    }
}

#[test]
fn a_request_accepts_one_restore_alone() {
    let mut story = Story::new(web("a"), Policy::default());
    story.handle(identified(Some(7), "a1")).unwrap();
    // Its store says that it was restored once more, from a copy that has the request on record.
    let (request, order) = (RequestId::new("a1").unwrap(), OrderKind::Restore);
    let reused = InputError::RequestReused { request, order };
    assert_eq!(story.handle(identified(Some(8), "a1")), Err(reused));
    story.handle(identified(Some(8), "a2")).unwrap();
    assert_eq!(story.drill.scheduler().incarnation(), Incarnation(2));
    // Nor is it that of another order.
    let pause = Command::new(Order::submit(on("a"))).as_request(RequestId::new("b1").unwrap());
    story.handle(pause).unwrap();
    let (request, order) = (RequestId::new("b1").unwrap(), OrderKind::Submit);
    let reused = InputError::RequestReused { request, order };
    assert_eq!(story.handle(identified(None, "b1")), Err(reused));
}

#[test]
fn the_id_of_a_restore_is_sixteen_digits() {
    let id = RestoreId(0x7c1e);
    assert_eq!(serde_json::to_string(&id).unwrap(), "\"0000000000007c1e\"");
    assert_eq!(serde_json::from_str::<RestoreId>("\"0000000000007c1e\"").unwrap(), id);
    for text in ["", "7c1e", "+000000000007c1e", "0000000000007c1e0", "000000000000zzzz"] {
        assert_eq!(RestoreId::try_from(text.to_owned()), Err(RestoreIdError), "{text}");
    }
}

#[test]
fn attempts_that_a_lost_dispatcher_started_are_told_that_they_are_over() {
    let mut story = asking("a", Policy::default());
    story.submit(on("*"));
    restore(&mut story);
    // The second attempt is not recorded: it was started after the copy was made.
    for number in [1, 2, GAP + 1] {
        let (attempt, host_lock) = (AttemptId::new(number), true);
        let refused = story.handle(Input::Begin { attempt, host_lock }).unwrap_err();
        let reason = BeginRefused::Over;
        assert_eq!(refused, InputError::MayNotBegin { attempt, reason });
    }
    let attempt = AttemptId::new(GAP + 2);
    let host_lock = true;
    let unknown = InputError::UnknownAttempt { attempt };
    assert_eq!(story.handle(Input::Begin { attempt, host_lock }), Err(unknown));
}

#[test]
fn a_restore_is_one_order_with_its_reason_and_what_it_left_in_doubt() {
    let mut story = Story::new(web("a,b"), Policy::default());
    story.submit(on("*"));
    restore(&mut story);
    let log = OrderLog::of(story.drill.records());
    let last = log.entries().last().unwrap();
    assert_eq!(last.to_string(), "namespace restored by ada: the disk is gone");
    let followed: Vec<String> = last.followed.iter().map(ToString::to_string).collect();
    assert_eq!(followed, ["a,b in doubt"]);
}

#[test]
fn the_last_restore_is_a_part_of_what_a_namespace_is_at_a_glance() {
    let mut story = Story::new(web("a"), Policy::default());
    restore(&mut story);
    let View::Namespace(summary) = story
        .drill
        .scheduler()
        .view(Timestamp::EPOCH, &Query::Namespace)
        .unwrap()
    else {
        panic!("another view");
    };
    let last = summary.restored.unwrap();
    assert_eq!((last.incarnation, last.cause), (Incarnation(1), RestoreCause::Copied));
    assert_eq!(&*last.reason, "the disk is gone");
}

#[test]
fn a_replay_and_a_snapshot_go_on_with_the_same_numbers() {
    let mut story = Story::new(web("a,b"), at_most("1"));
    story.submit(on("*"));
    restore(&mut story);
    let live = story.drill.scheduler();
    let stored = serde_json::to_string(&live.snapshot()).unwrap();
    let copies = [
        replay(story.drill.records()).unwrap(),
        Scheduler::restore(&serde_json::from_str(&stored).unwrap()).unwrap(),
    ];
    for copy in copies {
        assert!(copy.same_state(live));
        assert_eq!(copy.restorations(), live.restorations());
        let mut drill: Drill = story.drill.with_scheduler(copy);
        assert_eq!(drill.submit(on("b")).unwrap(), JobId::new(GAP + 2));
    }
}

#[test]
fn an_incarnation_that_does_not_follow_is_a_damaged_log() {
    let mut story = Story::new(web("a"), Policy::default());
    story.handle(restored(2)).unwrap();
    let mut scheduler = replay(story.drill.records()).unwrap();
    for incarnation in [0, 1, 2, u64::MAX] {
        let kind = NamespaceEventKind::Restored {
            incarnation: Incarnation(incarnation),
            cause: RestoreCause::LostTail,
            reason: String::new(),
            id: None,
            request: None,
            fences: false,
        };
        let record = Record::new(Timestamp::EPOCH, Event::of_namespace(kind));
        let refused = scheduler.apply(&record).unwrap_err().to_string();
        assert!(refused.ends_with("which does not follow incarnation 2"), "{refused}");
    }
}

#[test]
fn a_snapshot_whose_numbers_are_of_an_earlier_incarnation_is_damaged() {
    let mut story = Story::new(web("a"), Policy::default());
    story.submit(on("*"));
    restore(&mut story);
    let stored = serde_json::to_value(story.drill.scheduler().snapshot()).unwrap();
    for key in ["last_job", "attempts"] {
        let mut damaged = stored.clone();
        damaged[key] = 1.into();
        let snapshot = serde_json::from_value(damaged).unwrap();
        let refused = Scheduler::restore(&snapshot).unwrap_err().to_string();
        assert!(refused.contains("incarnation 1"), "{key}: {refused}");
    }
}
