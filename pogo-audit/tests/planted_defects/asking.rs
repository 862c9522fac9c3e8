//! Logs of attempts that ask whether they may begin.

use pogo_core::Timestamp;
use pogo_core::plan::JobSpec;
use pogo_core::scheduler::{AttemptId, Event, JobId, Record, TaskEventKind};

use super::{at_most, world};

/// A log of two hosts, one at a time, whose attempts ask: up to the start of the first.
pub(crate) fn asking(spec: JobSpec) -> Vec<Record> {
    let mut world = world(at_most("1")).asks_permission();
    world.submit(spec).unwrap();
    world.history().records
}

/// Adds what happens to a host, so many seconds after the start.
pub(crate) fn then(records: &mut Vec<Record>, seconds: u64, host: &str, kind: TaskEventKind) {
    let event = Event::of_task(JobId::new(1), host.parse().unwrap(), kind);
    records.push(Record::new(Timestamp::from_millis(1_000 * seconds), event));
}

pub(crate) fn started_as(number: u64) -> TaskEventKind {
    TaskEventKind::Started {
        attempt: AttemptId::new(number),
        asks_permission: true,
    }
}

pub(crate) fn permitted(number: u64, host_lock: bool) -> TaskEventKind {
    let attempt = AttemptId::new(number);
    let fences = true;
    TaskEventKind::Permitted {
        attempt,
        host_lock,
        fences,
    }
}
