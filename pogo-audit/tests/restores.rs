//! Defects of restores that are planted in logs, and what an audit says of them.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]
#![allow(
    clippy::disallowed_types,
    reason = "the logs come from a scheduler, and are judged without it"
)]

use std::sync::Arc;

use pogo_audit::{BrokenRule, Finding, audit};
use pogo_core::Timestamp;
use pogo_core::fleet::Fleet;
use pogo_core::plan::{JobSpec, RemoteCommand};
use pogo_core::scheduler::{
    Actor, AttemptId, Epoch, Event, FenceAnswer, HostEventKind, Incarnation, Input, JobEventKind, JobId,
    NamespaceEventKind, Order, Outcome, OwnerId, Record, RestoreCause, Scheduler, TaskEvent, TaskEventKind,
};

/// A scheduler, and what it decides.
#[derive(Default)]
struct Story {
    scheduler: Scheduler,
    now: Timestamp,
    records: Vec<Record>,
}

impl Story {
    fn handle(&mut self, input: impl Into<Input>) {
        let events = self.scheduler.handle(self.now, input).unwrap();
        self.records
            .extend(events.into_iter().map(|event| Record::new(self.now, event)));
    }
}

/// Two hosts of three of one job that ask, of which `web1` was permitted to begin, and a restore; then the job goes on.
fn log() -> Vec<Record> {
    let mut story = Story::default();
    let fleet = Arc::new(Fleet::builder().hosts("web[1-3]").build().unwrap());
    let policy = Arc::default();
    story.handle(Order::Configure { fleet, policy });
    let (asks_permission, fences) = (true, true);
    story.handle(Input::Transport {
        asks_permission,
        fences,
    });
    let mut spec = JobSpec::new("*".parse().unwrap(), RemoteCommand::shell("true"));
    spec.settings.max_parallel = Some("2".parse().unwrap());
    story.handle(Order::submit(spec.clone()));
    let (job, attempt, host_lock) = (JobId::new(1), AttemptId::new(1), true);
    story.handle(Input::Begin { attempt, host_lock });
    story.now = Timestamp::from_millis(1_000);
    story.handle(Input::Restored {
        cause: RestoreCause::Copied,
        at_least: Incarnation::default(),
        id: None,
        request: None,
        reason: "the disk is gone".into(),
        actor: Some(Arc::new(Actor::new("ada"))),
    });
    story.now = Timestamp::from_millis(2_000);
    for number in [1, 2] {
        let (attempt, answer) = (
            AttemptId::new(number),
            FenceAnswer::Ended(Outcome::in_doubt("it is gone")),
        );
        story.handle(Input::Fenced { attempt, answer });
    }
    let (hosts, force) = (vec!["web1".parse().unwrap(), "web2".parse().unwrap()], false);
    story.handle(Order::Retry { job, hosts, force });
    story.handle(Order::submit(spec));
    story.handle(Order::Resume { job });
    assert!(audit(&story.records).is_ok(), "{:?}", audit(&story.records));
    story.records
}

fn found(records: &[Record]) -> Finding {
    audit(records).unwrap_err()
}

fn at(records: &[Record], of: impl Fn(&Event) -> bool) -> usize {
    records.iter().position(|record| of(&record.event)).unwrap()
}

fn paused(event: &Event) -> bool {
    event.job_kind() == Some(&JobEventKind::Paused)
}

fn in_doubt(event: &Event) -> bool {
    matches!(event.task_kind(), Some(TaskEventKind::InDoubt { .. }))
}

#[test]
fn a_job_that_a_restore_does_not_pause_is_found() {
    let mut records = log();
    records.remove(at(&records, paused));
    let finding = found(&records);
    assert_eq!(finding.rule, BrokenRule::Restored, "{finding}");
    assert!(
        finding
            .message
            .contains("job-1 goes on in incarnation 1, without having been paused"),
        "{finding}"
    );
}

#[test]
fn an_attempt_that_a_restore_does_not_leave_in_doubt_is_found() {
    let mut records = log();
    let doubt = at(&records, in_doubt);
    records.remove(doubt);
    let finding = found(&records);
    assert_eq!(finding.rule, BrokenRule::Restored, "{finding}");
    assert!(
        finding.message.contains("a1 had not ended before incarnation 1"),
        "{finding}"
    );
}

#[test]
fn what_happens_before_all_is_paused_is_found() {
    let mut records = log();
    let pause = at(&records, paused);
    let kind = HostEventKind::MarkedDown {
        reason: "no fan".to_owned(),
    };
    let between = Event::of_host("web1".parse().unwrap(), kind);
    records.insert(pause, Record::new(records[pause].at, between));
    assert_eq!(found(&records).rule, BrokenRule::Restored);
}

#[test]
fn a_dispatcher_that_died_while_it_restored_is_followed_by_another_restore() {
    let records = log();
    let pause = at(&records, paused);
    let mut again = records[..pause].to_vec();
    assert!(audit(&again).is_ok(), "a log may end anywhere");
    let kind = NamespaceEventKind::Restored {
        incarnation: Incarnation(2),
        cause: RestoreCause::Copied,
        reason: String::new(),
        id: None,
        request: None,
        fences: true,
    };
    again.push(Record::new(records[pause].at, Event::of_namespace(kind)));
    again.extend(
        records[pause..]
            .iter()
            .take_while(|record| paused(&record.event) || in_doubt(&record.event))
            .cloned(),
    );
    assert!(audit(&again).is_ok(), "{:?}", audit(&again));
}

#[test]
fn a_number_that_may_have_been_given_before_is_found() {
    let restored = at(&log(), |event| event.restored().is_some());
    let mut records = log();
    let submitted = restored + at(&records[restored..], |event| event.submitted().is_some());
    let Event::Job(event) = &mut records[submitted].event else {
        return;
    };
    event.job = JobId::new(2);
    assert_eq!(found(&records).rule, BrokenRule::Restored);
    let mut records = log();
    let started = restored + at(&records[restored..], |event| event.started().is_some());
    let Event::Task(TaskEvent { kind, .. }) = &mut records[started].event else {
        return;
    };
    if let TaskEventKind::Started { attempt, .. } = kind {
        *attempt = AttemptId::new(3);
    }
    assert_eq!(found(&records).rule, BrokenRule::Log);
}

#[test]
fn an_incarnation_that_does_not_follow_is_found() {
    let mut records = log();
    let restored = at(&records, |event| event.restored().is_some());
    let Event::Namespace(event) = &mut records[restored].event else {
        return;
    };
    if let NamespaceEventKind::Restored { incarnation, .. } = &mut event.kind {
        *incarnation = Incarnation(0);
    }
    assert_eq!(found(&records).rule, BrokenRule::Restored);
}

#[test]
fn a_host_that_waited_for_permission_is_not_tried_again_without_its_word() {
    let mut records = log();
    let answered = |event: &Event| match event.task_kind() {
        Some(TaskEventKind::Fenced { attempt, .. }) => attempt.number() == 2,
        _ => false,
    };
    let answer = at(&records, answered);
    // The host said that it is over, and not how it ended.
    records.drain(answer..answer + 2);
    assert_eq!(found(&records).rule, BrokenRule::Doubt);
}

#[test]
fn owners_may_end_before_they_have_configured_anything() {
    let records = log();
    let taken_over = |epoch: u64| {
        let kind = NamespaceEventKind::OwnerChanged {
            owner: OwnerId("two".into()),
            epoch: Epoch(epoch),
            from: None,
        };
        Record::new(records[0].at, Event::of_namespace(kind))
    };
    let mut begun: Vec<Record> = vec![taken_over(2), taken_over(3)];
    begun.extend(records);
    audit(&begun).unwrap();
}
