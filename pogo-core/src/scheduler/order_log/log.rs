//! Reads a log's orders.

use super::OrderEntry;
use super::order_of::{followed, order_of};
use crate::scheduler::{Event, HostEventKind, JobEventKind, Record};

/// Reads the orders of a log, record by record. An order leads to one record or more, one behind the other; what
/// follows from it later, such as the end of the attempts of an aborted job, says by whom itself
/// ([`Event::actor`](crate::scheduler::Event::actor)).
///
/// ```
/// use pogo_core::scheduler::{Actor, Event, JobEventKind, JobId, OrderLog, Record};
/// use pogo_core::Timestamp;
/// use std::sync::Arc;
///
/// let alice = Arc::new(Actor::new("alice").at_host("laptop"));
/// let paused = Event::of_job(JobId::new(1), JobEventKind::Paused).by(Some(alice));
/// let mut log = OrderLog::default();
/// log.note(&Record::new(Timestamp::EPOCH, paused));
/// assert_eq!(log.entries()[0].to_string(), "job-1 paused by alice@laptop");
/// ```
#[derive(Debug, Clone, Default)]
pub struct OrderLog {
    entries: Vec<OrderEntry>,
    /// The last record was one of the last entry, so that the next may be too.
    is_open: bool,
    /// The last record was a restore, or a pause that followed from it.
    restores: bool,
}

impl OrderLog {
    /// All orders of these records.
    pub fn of<'a>(records: impl IntoIterator<Item = &'a Record>) -> Self {
        let mut log = Self::default();
        records.into_iter().for_each(|record| log.note(record));
        log
    }

    /// Reads the next record.
    pub fn note(&mut self, record: &Record) {
        if let Event::Host(event) = &record.event
            && matches!(event.kind, HostEventKind::FenceForced { .. })
        {
            // It stands between the records of one order.
            if let Some(last) = self.entries.last_mut().filter(|_| self.is_open) {
                last.force = true;
            }
            return;
        }
        let pauses = matches!(record.event.job_kind(), Some(JobEventKind::Paused));
        self.restores = record.event.restored().is_some() || self.restores && pauses;
        if self.restores && pauses {
            // A restore pauses every job.
            return;
        }
        let Some(entry) = order_of(record.at, &record.event) else {
            self.is_open = false;
            return self.note_followed(record);
        };
        match self.entries.last_mut() {
            Some(last) if self.is_open && last.goes_on_with(&entry) => last.merge(entry),
            _ => self.entries.push(entry),
        }
        self.is_open = true;
    }

    fn note_followed(&mut self, Record { at, event }: &Record) {
        let (Some(actor), Some(what)) = (event.actor(), followed(event)) else {
            return;
        };
        // From the last: of two orders by one person that may have led to it, the later did.
        let mut latest = self.entries.iter_mut().rev();
        let led = latest.find(|entry| entry.actor.as_ref() == Some(actor) && entry.may_lead_to(*at, event));
        if let Some(entry) = led {
            entry.lead_to(what, event);
        }
    }

    /// The orders so far, the first one first.
    pub fn entries(&self) -> &[OrderEntry] {
        &self.entries
    }

    /// Whether the last record is one of the last order.
    pub fn is_open(&self) -> bool {
        self.is_open
    }

    /// Hands over the orders so far, which it then has no longer: for whoever shows them as they come.
    pub fn take(&mut self) -> Vec<OrderEntry> {
        self.is_open = false;
        std::mem::take(&mut self.entries)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::Timestamp;
    use crate::scheduler::{Actor, Answer, HaltCause, JobId, NamespaceEventKind, OrderKind, Tally, TaskEventKind};

    fn record(event: Event) -> Record {
        let alice = Arc::new(Actor::new("alice").at_host("laptop"));
        Record::new(Timestamp::EPOCH, event.by(Some(alice)))
    }

    fn task(host: &str, kind: TaskEventKind) -> Record {
        record(Event::of_task(JobId::new(1), host.parse().unwrap(), kind))
    }

    fn shown(records: &[Record]) -> Vec<String> {
        let log = OrderLog::of(records);
        log.entries().iter().map(ToString::to_string).collect()
    }

    #[test]
    fn an_order_for_many_hosts_is_one_entry_with_its_reason() {
        let ordered = NamespaceEventKind::Ordered {
            order: OrderKind::Skip,
            job: Some(JobId::new(1)),
            request: None,
            reason: Some("out of\u{7} service".into()),
            answer: Answer::Hosts(2),
        };
        let records = [
            record(Event::of_namespace(ordered)),
            task("web1", TaskEventKind::Skipped),
            task("web2", TaskEventKind::Skipped),
            record(Event::of_job(JobId::new(1), JobEventKind::Unblocked)),
            task("web3", TaskEventKind::Skipped),
        ];
        let wanted = [
            "web[1-2] of job-1 skipped by alice@laptop: out of\\u{7} service",
            "web3 of job-1 skipped by alice@laptop",
        ];
        assert_eq!(shown(&records), wanted);
    }

    #[test]
    fn what_follows_later_is_told_of_the_order_that_led_to_it() {
        let stopped = |abort| JobEventKind::Halting {
            reason: "enough".to_owned(),
            abort,
            cause: None,
        };
        let job = |kind| record(Event::of_job(JobId::new(1), kind));
        let failed = |host| task(host, TaskEventKind::Cancelled);
        let tally = Tally::default();
        let later = |mut record: Record| {
            record.at = record.at + std::time::Duration::from_secs(5);
            record
        };
        let records = [
            job(stopped(true)),
            failed("web3"),
            later(job(JobEventKind::Altered { change: Box::default() })),
            later(later(failed("web1"))),
            later(later(failed("web2"))),
            later(later(job(JobEventKind::Finished { tally }))),
        ];
        let log = OrderLog::of(&records);
        let followed: Vec<_> = log.entries().iter().map(|entry| &entry.followed).collect();
        let shown: Vec<String> = followed[0].iter().map(ToString::to_string).collect();
        assert_eq!(shown, ["web[1-3] cancelled", "job-1 finished"]);
        assert!(followed[1].is_empty());
    }

    #[test]
    fn what_nobody_ordered_is_no_order() {
        let (not_before, ordered, after_connect) = (Timestamp::EPOCH, false, false);
        let retried = TaskEventKind::Retried {
            not_before,
            ordered,
            after_connect,
        };
        let (wave, ordered) = (1, false);
        let halting = JobEventKind::Halting {
            reason: "2 hosts failed".to_owned(),
            abort: false,
            cause: Some(HaltCause::MaxFailures),
        };
        let jobs = [
            JobEventKind::WaveOpened { wave, ordered },
            halting,
            JobEventKind::Halted,
        ];
        let jobs = jobs.map(|kind| record(Event::of_job(JobId::new(1), kind)));
        assert_eq!(shown(&[&jobs[..], &[task("web1", retried)]].concat()), [""; 0]);
    }

    #[test]
    fn a_freeze_of_an_old_log_says_by_whom() {
        let kind = NamespaceEventKind::HostsFrozen {
            hosts: "$web".parse().unwrap(),
            by: "bob".to_owned(),
            reason: "holidays".to_owned(),
        };
        let record = Record::new(Timestamp::EPOCH, Event::of_namespace(kind));
        assert_eq!(shown(&[record]), ["$web frozen by bob: holidays"]);
    }
}
