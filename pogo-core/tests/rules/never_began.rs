//! Attempts that never began: their hosts wait again, and nothing is charged for them.

use std::time::Duration;

use pogo_core::fleet::HostName;
use pogo_core::plan::JobSpec;
use pogo_core::policy::{JobSettings, OnDoubt, Policy};
use pogo_core::scheduler::{
    AttemptId, Blocker, Event, FailureKind, Input, JobStatus, NeverBegan, Order, Outcome, Permission, Query, Record,
    TaskEventKind, TaskState, View,
};
use pogo_core::sim::{History, World};
use pogo_core::testing::Step;

use crate::permission::{JOB, abort, asking, begins, last, never_began, order, permission};
use crate::story::{Story, at_most, host, on, web};

#[test]
fn what_never_began_uses_up_no_retry_and_gives_back_its_slot() {
    let mut story = asking("a,b", at_most("1"));
    story.submit(on("*").retries(1).retry_delay(Duration::ZERO));
    assert_eq!(never_began(&mut story, "a", NeverBegan::Busy), "b", "its slot is free");
    assert_eq!(story.waits(600), "", "it is b's");
    assert_eq!(begins(&mut story, "b", true), Ok(()));
    assert_eq!(story.ends("b"), "a");
    begins(&mut story, "a", true).unwrap();
    assert_eq!(story.fails("a"), "a", "its one retry is still there");
    begins(&mut story, "a", true).unwrap();
    assert_eq!(story.fails("a"), "");
}

#[test]
fn a_busy_host_is_left_alone_for_longer_and_longer() {
    let mut story = asking("a", Policy::default());
    story.submit(on("*"));
    let mut before = Duration::ZERO;
    for busy in 0..12 {
        assert_eq!(never_began(&mut story, "a", NeverBegan::Busy), "");
        let now = story.drill.now();
        assert_eq!(story.status(1), JobStatus::Running, "it goes on by itself");
        story.drill.play(&Step::Tick);
        let waited = story.drill.now() - now;
        let least = Duration::from_secs(5 << busy.min(6)).min(Duration::from_secs(300));
        assert!(
            waited >= least && waited <= least * 3 / 2,
            "{waited:?} after {busy} times"
        );
        assert!(waited >= before.min(Duration::from_secs(300)));
        before = waited;
    }
    begins(&mut story, "a", true).unwrap();
    story.ends("a");
    assert_eq!(story.status(1), JobStatus::Finished);
}

#[test]
fn a_busy_host_says_so() {
    let mut story = asking("a", Policy::default());
    story.submit(on("*"));
    never_began(&mut story, "a", NeverBegan::Busy);
    let why = story.explain(1, "a");
    let [
        Blocker::Backoff {
            never_began: Some(NeverBegan::Busy),
            ..
        },
    ] = &why[..]
    else {
        panic!("{why:?}")
    };
    let said = story.obstacles(1, "a")[0].to_string();
    assert!(
        said.starts_with("the host is busy with another command (lock held); it is tried again at "),
        "{said}"
    );
}

#[test]
fn a_host_whose_agent_is_not_there_is_left_alone_for_a_while_and_does_not_fail() {
    let mut story = asking("a", Policy::default());
    story.submit(on("*"));
    assert_eq!(never_began(&mut story, "a", NeverBegan::NotReady), "");
    let why = story.obstacles(1, "a")[0].to_string();
    assert!(
        why.starts_with("what it needs to connect is not there; it is tried again at "),
        "{why}"
    );
    let scheduler = story.drill.scheduler();
    let Ok(View::Namespace(summary)) = scheduler.view(scheduler.now(), &Query::Namespace) else {
        panic!()
    };
    let unready = summary.unready.iter();
    let unready: Vec<_> = unready.map(|unready| (unready.job.number(), unready.hosts)).collect();
    assert_eq!(unready, [(1, 1)]);
}

#[test]
fn a_delay_after_a_failure_changes_with_its_setting_and_that_of_a_busy_host_does_not() {
    let mut story = asking("a", Policy::default());
    story.submit(on("*"));
    never_began(&mut story, "a", NeverBegan::Busy);
    let until = |story: &Story| story.drill.scheduler().next_timeout();
    let before = until(&story);
    let change = JobSettings::new().retry_delay(Duration::from_secs(7_200)).into();
    order(&mut story, Order::Alter { job: JOB, change });
    assert_eq!(until(&story), before);
}

#[test]
fn what_was_refused_or_died_with_its_dispatcher_starts_again_at_once() {
    for reason in [NeverBegan::Refused, NeverBegan::Cancelled, NeverBegan::Restarted] {
        let mut story = asking("a", Policy::default());
        story.submit(on("*"));
        assert_eq!(never_began(&mut story, "a", reason), "a", "{reason}");
    }
}

#[test]
fn an_attempt_that_ran_out_of_time_before_it_began_has_failed() {
    for answer in [
        Outcome::never_began(NeverBegan::Cancelled, ""),
        Outcome::in_doubt("it was dropped"),
    ] {
        let mut story = asking("a", Policy::default());
        story.submit(on("*").attempt_timeout(Duration::from_secs(60)));
        story.waits(60);
        story.reports("a", answer);
        assert_eq!(story.state(1, "a"), TaskState::Failed);
        let TaskEventKind::Failed { failure, .. } = last(&story) else {
            panic!("{:?}", last(&story))
        };
        assert_eq!(failure.kind, FailureKind::Timeout);
        assert!(
            failure
                .message
                .starts_with("ended after 1m by the time limit of an attempt")
        );
    }
}

#[test]
fn nothing_is_in_doubt_that_was_not_permitted_to_begin() {
    let lost = |story: &mut Story| {
        let attempt = story.attempt("a");
        let result = story.handle(Input::Reported {
            attempt,
            outcome: Outcome::in_doubt("the link broke"),
            output: None,
        });
        result.unwrap()
    };
    let spec = on("*").on_doubt(OnDoubt::Fail).retries(1).retry_delay(Duration::ZERO);
    let mut story = asking("a", Policy::default());
    story.submit(spec);
    assert_eq!(lost(&mut story), "a", "it has failed, and may be tried again");
    begins(&mut story, "a", true).unwrap();
    lost(&mut story);
    assert_eq!(story.state(1, "a"), TaskState::InDoubt);
}

#[test]
fn a_success_without_permission_is_not_believed() {
    let mut story = asking("a", Policy::default());
    story.submit(on("*"));
    story.ends("a");
    assert_eq!(
        story.state(1, "a"),
        TaskState::InDoubt,
        "it may have run, and nobody let it"
    );
}

#[test]
fn what_never_began_after_a_permission_is_believed() {
    let mut story = asking("a", Policy::default());
    story.submit(on("*"));
    begins(&mut story, "a", true).unwrap();
    never_began(&mut story, "a", NeverBegan::Expired);
    assert_eq!(story.state(1, "a"), TaskState::Waiting);
}

#[test]
fn after_a_restart_what_was_not_permitted_waits_again_and_the_rest_is_in_doubt() {
    let mut story = asking("a,b", Policy::default());
    story.submit(on("*"));
    begins(&mut story, "b", true).unwrap();
    let (_, result) = story.drill.play(&Step::Crash).unwrap();
    let ends: Vec<(HostName, TaskEventKind)> = result
        .unwrap()
        .into_iter()
        .filter_map(|event| match event {
            Event::Task(event) if event.ended().is_some() => Some((event.host, event.kind)),
            _ => None,
        })
        .collect();
    let [(a, never_began), (b, doubt)] = &ends[..] else {
        panic!("{ends:?}")
    };
    assert_eq!((a, b), (&host("a"), &host("b")));
    assert!(matches!(
        never_began,
        TaskEventKind::NeverBegan {
            reason: NeverBegan::Restarted,
            ..
        }
    ));
    assert!(matches!(doubt, TaskEventKind::InDoubt { .. }));
    assert_eq!(story.state(1, "a"), TaskState::Running, "it was started again");
    assert_eq!(permission(&story, "a"), Permission::Awaited);
}

#[test]
fn an_attempt_that_was_given_up_before_it_began_leaves_no_doubt() {
    let mut story = asking("a", Policy::default());
    story.submit(on("*"));
    abort(&mut story);
    story.waits(30);
    assert_eq!(story.state(1, "a"), TaskState::Cancelled);
    assert_eq!(story.status(1), JobStatus::Finished);
}

#[test]
fn a_host_that_was_failed_before_stays_so_when_its_repair_never_began() {
    let failed = |spec: JobSpec| {
        let mut story = asking("a,b", at_most("1"));
        story.submit(spec);
        begins(&mut story, "a", true).unwrap();
        story.fails("a");
        story
    };
    let mut story = failed(on("*"));
    let since = |story: &Story| {
        let buckets: Vec<_> = story
            .drill
            .scheduler()
            .buckets()
            .flat_map(|bucket| bucket.holders())
            .collect();
        buckets
    };
    let before = since(&story);
    let hosts = vec![host("a")];
    order(
        &mut story,
        Order::Retry {
            job: JOB,
            hosts,
            force: false,
        },
    );
    never_began(&mut story, "a", NeverBegan::Busy);
    assert_eq!(
        since(&story),
        before,
        "it holds its slot for the same reason, and as long"
    );
    let blockers = story.explain(1, "b");
    assert!(matches!(blockers[..], [Blocker::BucketFull { .. }]), "{blockers:?}");
}

/// A job whose dispatcher dies as soon as this event is written down.
fn crashed(at: usize) -> History {
    let world = World::new(web("web[1-6]").build().unwrap(), at_most("2")).unwrap();
    let mut world = world.asks_permission().crash(at, Duration::from_secs(3));
    let spec = on("*").on_doubt(OnDoubt::Retry).retries(1).retry_delay(Duration::ZERO);
    world.submit(spec).unwrap();
    world.run()
}

/// How many attempts of a log have not ended, and how many of these were permitted to begin.
fn under_way(records: &[Record]) -> (usize, usize) {
    let has = |attempt: AttemptId, is: fn(&TaskEventKind) -> bool| {
        let mut of_attempt = records.iter().filter(|record| record.event.attempt() == Some(attempt));
        of_attempt.any(|record| record.event.task_kind().is_some_and(is))
    };
    let ended = |attempt: &AttemptId| records.iter().any(|record| record.event.ended() == Some(*attempt));
    let started = records.iter().filter_map(|record| record.event.started());
    let running: Vec<AttemptId> = started.filter(|attempt| !ended(attempt)).collect();
    let permitted = |attempt: &&AttemptId| has(**attempt, |kind| matches!(kind, TaskEventKind::Permitted { .. }));
    (running.len(), running.iter().filter(permitted).count())
}

#[test]
fn a_dispatcher_that_dies_at_any_event_leaves_in_doubt_what_it_permitted_and_nothing_else() {
    let calm = crashed(usize::MAX);
    for at in 1..calm.records.len() - 1 {
        let history = crashed(at);
        let tally = history.scheduler.job(JOB).unwrap().tally();
        assert_eq!(tally.succeeded, 6, "after a crash at event {at}");
        let (running, permitted) = under_way(&history.records[..=at]);
        let count = |is: fn(&TaskEventKind) -> bool| {
            let kinds = history.records.iter().filter_map(|record| record.event.task_kind());
            kinds.filter(|kind| is(kind)).count()
        };
        let never_began = count(|kind| matches!(kind, TaskEventKind::NeverBegan { .. }));
        let in_doubt = count(|kind| matches!(kind, TaskEventKind::InDoubt { .. }));
        assert_eq!((never_began, in_doubt), (running - permitted, permitted), "event {at}");
        // A death is seen by what it left behind, and what was not written down before it is decided otherwise after
        // it.
        if running > 0 {
            let again = World::rerun(&history.records).unwrap().run();
            let differs = again
                .records
                .iter()
                .zip(&history.records)
                .position(|(one, other)| one != other);
            assert_eq!(differs, None, "after a crash at event {at}");
        }
    }
}
