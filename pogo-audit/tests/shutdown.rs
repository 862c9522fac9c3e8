//! A dispatcher that shuts down starts nothing more, which no record says.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]
#![allow(
    clippy::disallowed_types,
    clippy::disallowed_methods,
    reason = "the logs come from a scheduler, and are judged without it"
)]

use std::sync::Arc;

use pogo_audit::{BrokenRule, audit};
use pogo_core::Timestamp;
use pogo_core::fleet::Fleet;
use pogo_core::journal::{Epoch, OwnerId, replay};
use pogo_core::plan::{JobSpec, RemoteCommand};
use pogo_core::policy::{Constraint, Policy, Rule};
use pogo_core::scheduler::{AttemptId, Input, JobId, Order, Outcome, Record, Scheduler};

fn handle(scheduler: &mut Scheduler, records: &mut Vec<Record>, (second, input): (u64, Input)) {
    let at = Timestamp::from_millis(1_000 * second);
    let events = scheduler.handle(at, input).unwrap();
    records.extend(events.into_iter().map(|event| Record::new(at, event)));
}

/// One of two hosts runs, and ends while its dispatcher shuts down; the log goes on after that.
fn drained() -> (Scheduler, Vec<Record>) {
    let limit = Constraint::new("$web".parse().unwrap(), Rule::MaxParallel("1".parse().unwrap()));
    let fleet = Arc::new(Fleet::builder().tagged("web", "web[1-2]").build().unwrap());
    let policy = Arc::new(Policy::new().constraint(limit));
    let spec = JobSpec::new("$web".parse().unwrap(), RemoteCommand::shell("true"));
    let attempt = AttemptId::new(1);
    let (outcome, output) = (Outcome::Succeeded, None);
    let note = Order::Note { job: JobId::new(1) }.because("it shuts down");
    let (mut scheduler, mut records) = (Scheduler::new(), vec![]);
    for step in [
        (1, Order::Configure { fleet, policy }.into()),
        (1, Order::submit(spec).into()),
        (2, Input::Drain { cancel: vec![] }),
        (
            3,
            Input::Reported {
                attempt,
                outcome,
                output,
            },
        ),
        (4, note.into()),
    ] {
        handle(&mut scheduler, &mut records, step);
    }
    (scheduler, records)
}

#[test]
fn hosts_that_wait_from_a_shutdown_to_a_takeover_are_no_finding() {
    let (_, mut records) = drained();
    let mut next = replay(&records).unwrap();
    let owner = OwnerId("the next".into());
    let (epoch, from, resumed) = (Epoch(2), None, vec![]);
    handle(&mut next, &mut records, (5, Input::OwnerChanged { owner, epoch, from }));
    handle(&mut next, &mut records, (5, Input::Recover { resumed }));
    assert_eq!(
        records.iter().filter(|record| record.event.started().is_some()).count(),
        2
    );
    audit(&records).unwrap();
}

#[test]
fn a_host_that_waits_and_starts_later_under_the_same_owner_is_found_where_it_could_have_started() {
    let (_, mut records) = drained();
    let mut next = replay(&records).unwrap();
    // It starts without that anybody took over.
    handle(&mut next, &mut records, (5, Input::Tick));
    let finding = audit(&records).unwrap_err();
    assert_eq!(finding.rule, BrokenRule::Idle, "{finding}");
    assert_eq!(records[finding.position].at, Timestamp::from_millis(4_000), "{finding}");
}

#[test]
fn a_host_that_waits_to_the_end_of_the_log_is_found() {
    let (_, records) = drained();
    assert_eq!(audit(&records).unwrap_err().rule, BrokenRule::Idle);
}
