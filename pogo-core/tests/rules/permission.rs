//! Attempts that ask whether they may begin.

use std::time::Duration;

use pogo_core::fleet::HostName;
use pogo_core::plan::JobSpec;
use pogo_core::policy::{JobSettings, OnDoubt, Policy, Rule};
use pogo_core::scheduler::{
    AttemptId, BeginRefused, Blocker, Event, FailureKind, Input, InputError, JobId, JobStatus, NeverBegan, Outcome,
    Permission, Phase, Record, TaskEventKind, TaskState,
};
use pogo_core::sim::{History, World};
use pogo_core::testing::Step;

use crate::story::{Story, at_most, host, limited, on, web};

const JOB: JobId = JobId::new(1);

/// A namespace whose attempts ask.
fn asking(names: &str, policy: Policy) -> Story {
    let mut story = Story::new(web(names), policy);
    asks(&mut story);
    story
}

fn asks(story: &mut Story) {
    story.handle(Input::Transport { asks_permission: true }).unwrap();
}

fn begins(story: &mut Story, name: &str, host_lock: bool) -> Result<(), BeginRefused> {
    let attempt = story.attempt(name);
    match story.handle(Input::Begin { attempt, host_lock }) {
        Ok(_) => Ok(()),
        Err(InputError::MayNotBegin { reason, .. }) => Err(reason),
        Err(other) => panic!("{other}"),
    }
}

fn never_began(story: &mut Story, name: &str, reason: NeverBegan) -> String {
    story.reports(name, Outcome::never_began(reason, "as the test says"))
}

fn permission(story: &Story, name: &str) -> Permission {
    let attempt = story.attempt(name);
    story.drill.scheduler().attempt(attempt).unwrap().permission
}

fn last(story: &Story) -> &TaskEventKind {
    let mut records = story.drill.records().iter().rev();
    records.find_map(|record| record.event.task_kind()).unwrap()
}

fn order(story: &mut Story, input: Input) {
    story.handle(input).unwrap();
}

fn abort(story: &mut Story) {
    let reason = "enough".to_owned();
    order(story, Input::Abort { job: JOB, reason });
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
    assert_eq!(permission(&story, "a"), Permission::Given { host_lock: true });
}

#[test]
fn an_attempt_asks_anew_after_a_broken_link_and_once_without_a_lock_is_without_one() {
    let mut story = asking("a", Policy::default());
    story.submit(on("*"));
    for (lock, given) in [(true, true), (false, false), (true, false)] {
        assert_eq!(begins(&mut story, "a", lock), Ok(()));
        assert_eq!(permission(&story, "a"), Permission::Given { host_lock: given });
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
    assert_eq!(permission(&story, "a"), Permission::Given { host_lock: false });
}

#[test]
fn a_paused_job_begins_nothing_and_its_host_waits_again() {
    let mut story = asking("a,b", at_most("1"));
    story.submit(on("*"));
    order(&mut story, Input::Pause { job: JOB });
    let status = JobStatus::Paused;
    assert_eq!(
        begins(&mut story, "a", true),
        Err(BeginRefused::Job { job: JOB, status })
    );
    assert_eq!(never_began(&mut story, "a", NeverBegan::Refused), "");
    assert_eq!(story.state(1, "a"), TaskState::Waiting);
    assert_eq!(
        story.handle(Input::Resume { job: JOB }).unwrap(),
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
    order(&mut story, Input::Halt { job: JOB, reason });
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
    order(&mut story, Input::Freeze { hosts, by, reason });
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
fn a_delay_after_a_failure_changes_with_its_setting_and_that_of_a_busy_host_does_not() {
    let mut story = asking("a", Policy::default());
    story.submit(on("*"));
    never_began(&mut story, "a", NeverBegan::Busy);
    let until = |story: &Story| story.drill.scheduler().next_timeout();
    let before = until(&story);
    let change = JobSettings::new().retry_delay(Duration::from_secs(7_200)).into();
    order(&mut story, Input::Alter { job: JOB, change });
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
fn a_doubt_is_retried_by_itself_only_where_a_lock_keeps_attempts_apart() {
    for (locks, again) in [
        (&[true][..], "a"),
        (&[false], ""),
        (&[true, false], ""),
        (&[false, true], ""),
    ] {
        let mut story = asking("a", Policy::default());
        story.submit(on("*").on_doubt(OnDoubt::Retry).retries(3).retry_delay(Duration::ZERO));
        locks.iter().for_each(|lock| begins(&mut story, "a", *lock).unwrap());
        assert_eq!(
            story.reports("a", Outcome::in_doubt("the link broke")),
            again,
            "{locks:?}"
        );
    }
    // Of what became of attempts that do not ask, nothing is known that was not known before.
    let mut story = Story::new(web("a"), Policy::default());
    story.submit(on("*").on_doubt(OnDoubt::Retry).retries(1).retry_delay(Duration::ZERO));
    assert_eq!(story.reports("a", Outcome::in_doubt("the link broke")), "a");
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
    order(&mut story, Input::Retry { job: JOB, hosts });
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
        // A death is seen by what it left behind, and what was not written down before it is decided otherwise after it.
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
