//! What updates are about, for whoever shows a part of a namespace.

use std::collections::BTreeSet;

use pogo_api::wire::UpdateDigest;
use pogo_core::Timestamp;
use pogo_core::fleet::HostName;
use pogo_core::scheduler::{Event, JobId, NamespaceEventKind, NeverBegan, Record, TaskEventKind};
use pogo_core::stream::{StreamRecord, Update};

/// What an update is about.
pub(super) fn digest_of(update: &Update) -> UpdateDigest {
    let mut about = About::default();
    match update {
        Update::Records { records, .. } => about.take(records),
        Update::Heartbeat { at, .. } => about.at = Some(*at),
        // Whatever else comes stands for records that are not there.
        _ => about.all = true,
    }
    about.into()
}

#[derive(Default)]
struct About<'a> {
    at: Option<Timestamp>,
    all: bool,
    records: usize,
    namespace: bool,
    takeover: Option<Timestamp>,
    unready: bool,
    jobs: BTreeSet<JobId>,
    hosts: BTreeSet<&'a HostName>,
}

impl<'a> About<'a> {
    fn take(&mut self, records: &'a [StreamRecord]) {
        self.records = records.len();
        self.at = records.last().map(|record| record.record.at);
        for StreamRecord { record, .. } in records {
            self.note(record);
        }
    }

    fn note(&mut self, record: &'a Record) {
        let event = &record.event;
        match event.job() {
            Some(job) => _ = self.jobs.insert(job),
            None => self.namespace = true,
        }
        if let Some(host) = event.host().filter(|_| self.hosts.len() < UpdateDigest::MOST_HOSTS) {
            self.hosts.insert(host);
        }
        match event {
            Event::Namespace(event) if matches!(event.kind, NamespaceEventKind::OwnerChanged { .. }) => {
                self.takeover = Some(record.at);
            }
            Event::Task(event) => self.unready |= is_unready(&event.kind),
            _ => {}
        }
    }
}

/// Whether a person has to bring an agent, or to answer something.
const fn is_unready(event: &TaskEventKind) -> bool {
    matches!(
        event,
        TaskEventKind::NeverBegan {
            reason: NeverBegan::NotReady,
            ..
        }
    )
}

impl From<About<'_>> for UpdateDigest {
    fn from(about: About<'_>) -> Self {
        let mut digest = Self::new();
        (digest.at, digest.all, digest.records) = (about.at, about.all, about.records);
        (digest.namespace, digest.takeover, digest.unready) = (about.namespace, about.takeover, about.unready);
        digest.jobs = about.jobs.into_iter().collect();
        digest.hosts = about.hosts.into_iter().cloned().collect();
        digest
    }
}

#[cfg(test)]
mod tests {
    use pogo_core::journal::Seq;
    use pogo_core::scheduler::{HostEventKind, TaskEventKind};
    use pogo_core::stream::StreamId;

    use super::*;

    fn update(events: Vec<Event>) -> Update {
        let records = (1..).zip(events).map(|(at, event)| {
            let record = Record::new(Timestamp::from_millis(at), event);
            StreamRecord::new(Seq(at), record)
        });
        Update::Records {
            after: StreamId::new(0, Seq(1)),
            id: StreamId::new(0, Seq(9)),
            records: records.collect(),
        }
    }

    fn skipped(job: u64, host: &str) -> Event {
        Event::of_task(JobId::new(job), host.parse().unwrap(), TaskEventKind::Skipped)
    }

    #[test]
    fn a_digest_says_of_which_jobs_and_hosts_records_are() {
        let reason = "new disk".to_owned();
        let down = Event::of_host("db1".parse().unwrap(), HostEventKind::MarkedDown { reason });
        let about = digest_of(&update(vec![
            skipped(3, "web1"),
            skipped(3, "web2"),
            skipped(4, "web1"),
        ]));
        let text = serde_json::to_string(&about).unwrap();
        assert_eq!(
            text,
            r#"{"version":1,"at":3,"records":3,"jobs":[3,4],"hosts":["web1","web2"]}"#
        );
        let about = digest_of(&update(vec![skipped(3, "web1"), down]));
        assert_eq!((about.records, about.namespace, about.all), (2, true, false));
    }

    /// A record as a journal has it.
    fn recorded(text: &str) -> Update {
        update(vec![serde_json::from_str::<Record>(text).unwrap().event])
    }

    #[test]
    fn a_digest_says_when_another_dispatcher_took_over() {
        let about = digest_of(&recorded(
            r#"{"at":1,"event":"owner_changed","owner":"deploy2:4711","epoch":2,"from":"deploy1:1337"}"#,
        ));
        assert_eq!(
            serde_json::to_string(&about).unwrap(),
            r#"{"version":1,"at":1,"records":1,"namespace":true,"takeover":1}"#
        );
        assert_eq!(digest_of(&update(vec![skipped(3, "web1")])).takeover, None);
    }

    #[test]
    fn a_digest_says_that_a_host_waits_for_a_person() {
        let ended = |reason: &str| {
            let began = r#"{"at":1,"event":"task_never_began","job":1,"host":"web1","attempt":1,"not_before":2,"#;
            digest_of(&recorded(&format!(r#"{began}"reason":"{reason}"}}"#)))
        };
        assert!(ended("not_ready").unready);
        assert!(!ended("busy").unready);
        assert!(!digest_of(&update(vec![skipped(3, "web1")])).unready);
    }

    #[test]
    fn hosts_beyond_the_most_are_left_out() {
        let many = (0..600).map(|host| skipped(1, &format!("web{host}"))).collect();
        let about = digest_of(&update(many));
        assert_eq!((about.records, about.hosts.len()), (600, UpdateDigest::MOST_HOSTS));
    }

    #[test]
    fn what_stands_for_records_may_be_about_anything() {
        let resync = Update::Resync {
            reason: pogo_core::stream::ResyncReason::Compacted,
        };
        assert!(digest_of(&resync).all);
        let at = Timestamp::from_millis(7);
        let heartbeat = Update::Heartbeat {
            id: StreamId::default(),
            at,
        };
        assert_eq!(
            serde_json::to_string(&digest_of(&heartbeat)).unwrap(),
            r#"{"version":1,"at":7}"#
        );
    }
}
