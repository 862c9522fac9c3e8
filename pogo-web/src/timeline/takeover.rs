//! What a takeover by another dispatcher left unknown of a job, and what is known again.

use std::collections::BTreeSet;

use pogo_api::TakeoverSentence;
use pogo_core::Timestamp;
use serde::Serialize;

use super::attempts::HostCourse;

/// The last time that another dispatcher took over while a job ran.
#[derive(Debug)]
pub(super) struct Takeover {
    at: Timestamp,
    owner: String,
    /// Hosts on which the command may have run, of which nothing was heard since.
    doubtful: BTreeSet<u32>,
    known: usize,
}

/// A takeover in one line.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub(super) struct TakeoverNotice {
    at: Timestamp,
    /// How many hosts were in doubt, and how many of them are known again.
    in_doubt: usize,
    known_again: usize,
    /// As a sentence, as the program has it.
    text: String,
}

impl Takeover {
    pub(super) fn new(at: Timestamp, owner: String, hosts: &[HostCourse]) -> Self {
        let doubtful = (0..).zip(hosts).filter(|(_, host)| host.may_run());
        Self {
            at,
            owner,
            doubtful: doubtful.map(|(host, _)| host).collect(),
            known: 0,
        }
    }

    /// The end of an attempt on this host has become known.
    pub(super) fn answered(&mut self, host: u32) {
        self.known += usize::from(self.doubtful.remove(&host));
    }

    pub(super) fn notice(&self) -> TakeoverNotice {
        let in_doubt = self.doubtful.len() + self.known;
        let sentence = TakeoverSentence {
            owner: &self.owner,
            away: None,
            in_doubt,
            known_again: self.known,
        };
        TakeoverNotice {
            at: self.at,
            in_doubt,
            known_again: self.known,
            text: sentence.to_string(),
        }
    }
}

#[cfg(test)]
mod tests {
    use pogo_core::fleet::HostName;
    use pogo_core::scheduler::{AttemptId, Event, JobId, TaskEvent, TaskEventKind};

    use super::super::job::JobCourse;
    use super::*;

    fn task(host: &str, kind: TaskEventKind) -> TaskEvent {
        match Event::of_task(JobId::new(1), host.parse().unwrap(), kind) {
            Event::Task(event) => event,
            event => panic!("{event}"),
        }
    }

    fn started(id: u64, asks_permission: bool) -> TaskEventKind {
        TaskEventKind::Started {
            attempt: AttemptId::new(id),
            asks_permission,
        }
    }

    fn permitted(id: u64) -> TaskEventKind {
        TaskEventKind::Permitted {
            attempt: AttemptId::new(id),
            host_lock: true,
            fences: true,
        }
    }

    fn in_doubt(id: u64) -> TaskEventKind {
        TaskEventKind::InDoubt {
            attempt: AttemptId::new(id),
            message: "the dispatcher was restarted".to_owned(),
            cause: None,
            output: None,
        }
    }

    fn succeeded(id: u64) -> TaskEventKind {
        TaskEventKind::Succeeded {
            attempt: AttemptId::new(id),
            output: None,
        }
    }

    #[test]
    fn hosts_that_may_run_are_in_doubt_until_their_end_is_known() {
        let hosts: Vec<HostName> = ["web1", "web2", "web3", "web4"]
            .map(|name| name.parse().unwrap())
            .into();
        let mut course = JobCourse::submitted(Timestamp::EPOCH, &hosts);
        for (host, kind) in [
            ("web1", started(1, false)),
            ("web2", started(2, true)),
            ("web2", permitted(2)),
            // Nothing of this one can have run.
            ("web3", started(3, true)),
            ("web4", started(4, false)),
            ("web4", succeeded(4)),
        ] {
            course.task(Timestamp::EPOCH, &task(host, kind));
        }
        let text = |course: &JobCourse| course.takeover.as_ref().map(|takeover| takeover.notice().text);
        assert_eq!(text(&course), None);
        course.taken_over(Timestamp::from_millis(9), "b");
        let said = |rest: &str| Some(format!("dispatcher b took over; {rest}"));
        assert_eq!(text(&course), said("2 hosts in doubt"));
        course.task(Timestamp::from_millis(9), &task("web1", in_doubt(1)));
        assert_eq!(text(&course), said("2 hosts in doubt"), "that is no answer");
        course.task(Timestamp::from_millis(10), &task("web2", succeeded(2)));
        assert_eq!(text(&course), said("2 hosts in doubt, 1 known again"));
        // What starts later is no answer either.
        course.task(Timestamp::from_millis(11), &task("web3", started(5, false)));
        course.task(Timestamp::from_millis(12), &task("web3", succeeded(5)));
        assert_eq!(text(&course), said("2 hosts in doubt, 1 known again"));
    }
}
