//! What whoever follows a job says when another dispatcher has taken over: one line, once it is known what the hosts
//! say.

use std::collections::BTreeSet;
use std::time::Duration;

use pogo_api::TakeoverSentence;
use pogo_core::Timestamp;
use pogo_core::dispatcher::{Clock, SystemClock};
use pogo_core::fleet::HostName;
use pogo_core::scheduler::{Event, JobId, NamespaceEvent, NamespaceEventKind, Record, TaskEventKind};
use tokio::time::{Instant, sleep_until};

/// How long hosts are waited for before the line is said without them.
const HOSTS_ANSWER: Duration = Duration::from_secs(3);

/// How much later than the last that was heard of a dispatcher its last record may be.
const LAST_WORDS: Duration = Duration::from_secs(2);

/// Takeovers, seen by the records of a job.
pub(crate) struct Takeovers {
    job: JobId,
    /// Hosts where the command may run.
    running: BTreeSet<HostName>,
    /// When contact with a dispatcher was lost, if no other has been heard of since.
    lost_at: Option<Timestamp>,
    last: Option<Takeover>,
}

/// One of which nothing was said yet.
struct Takeover {
    owner: String,
    away: Option<Duration>,
    in_doubt: BTreeSet<HostName>,
    known: usize,
    due: Instant,
}

impl Takeovers {
    pub(crate) fn of(job: JobId) -> Self {
        Self {
            job,
            running: BTreeSet::new(),
            lost_at: None,
            last: None,
        }
    }

    /// Contact with a dispatcher was lost so long ago.
    pub(crate) fn was_away(&mut self, time: Duration) {
        let now = SystemClock.now().as_millis();
        let lost_at = Timestamp::from_millis(now.saturating_sub(u64::try_from(time.as_millis()).unwrap_or(u64::MAX)));
        self.lost_at.get_or_insert(lost_at);
    }

    /// Since when contact is lost, for whoever says it in place of a record.
    pub(crate) fn take_away(&mut self) -> Option<Duration> {
        self.lost_at.take().map(|lost_at| SystemClock.now() - lost_at)
    }

    /// Takes the next record; whether it is one of the namespace, of which the line alone is shown.
    pub(crate) fn note(&mut self, record: &Record) -> bool {
        match &record.event {
            Event::Namespace(NamespaceEvent {
                kind: NamespaceEventKind::OwnerChanged { owner, .. },
                ..
            }) => {
                self.last = Some(Takeover {
                    owner: owner.to_string(),
                    away: self.lost_at.take().map(|lost_at| record.at - lost_at),
                    in_doubt: self.running.clone(),
                    known: 0,
                    due: Instant::now() + HOSTS_ANSWER,
                });
                true
            }
            Event::Task(task) if task.job == self.job => {
                // Whoever was lost goes on, or was never gone; the last that it wrote may be later than what it sent.
                self.lost_at = self.lost_at.filter(|lost_at| record.at <= *lost_at + LAST_WORDS);
                self.note_task(&task.host, &task.kind, record.event.ended().is_some());
                false
            }
            _ => false,
        }
    }

    fn note_task(&mut self, host: &HostName, kind: &TaskEventKind, ended: bool) {
        match kind {
            TaskEventKind::Started {
                asks_permission: false, ..
            }
            | TaskEventKind::Permitted { .. } => _ = self.running.insert(host.clone()),
            _ if ended => _ = self.running.remove(host),
            _ => {}
        }
        let is_answer = ended && !matches!(kind, TaskEventKind::InDoubt { .. });
        if let Some(last) = self.last.as_mut().filter(|_| is_answer)
            && last.in_doubt.remove(host)
        {
            last.known += 1;
        }
    }

    /// The line, once every host has answered.
    pub(crate) fn settled(&mut self) -> Option<String> {
        let last = self.last.take_if(|last| last.in_doubt.is_empty())?;
        Some(last.line())
    }

    /// The line, when hosts have had their time.
    pub(crate) async fn overdue(&mut self) -> String {
        match &self.last {
            Some(last) => sleep_until(last.due).await,
            None => std::future::pending().await,
        }
        self.rest().unwrap_or_default()
    }

    /// The line, where nothing more comes.
    pub(crate) fn rest(&mut self) -> Option<String> {
        self.last.take().map(|last| last.line())
    }
}

impl Takeover {
    fn line(&self) -> String {
        let sentence = TakeoverSentence {
            owner: &crate::report::visible(&self.owner),
            away: self.away,
            in_doubt: self.in_doubt.len() + self.known,
            known_again: self.known,
        };
        sentence.to_string()
    }
}

#[cfg(test)]
mod tests {
    use pogo_core::journal::{Epoch, OwnerId};
    use pogo_core::scheduler::AttemptId;

    use super::*;

    const JOB: JobId = JobId::new(1);

    fn task(host: &str, kind: TaskEventKind) -> Record {
        let event = Event::of_task(JOB, host.parse().unwrap(), kind);
        Record::new(Timestamp::EPOCH, event)
    }

    fn started(host: &str, attempt: u64) -> Record {
        let asks_permission = false;
        let attempt = AttemptId::new(attempt);
        task(
            host,
            TaskEventKind::Started {
                attempt,
                asks_permission,
            },
        )
    }

    fn succeeded(host: &str, attempt: u64) -> Record {
        let attempt = AttemptId::new(attempt);
        task(host, TaskEventKind::Succeeded { attempt, output: None })
    }

    fn taken_over(at: u64) -> Record {
        let (owner, epoch, from) = (OwnerId("ada@b (process 7)".into()), Epoch(2), None);
        let kind = NamespaceEventKind::OwnerChanged { owner, epoch, from };
        Record::new(Timestamp::from_millis(at), Event::of_namespace(kind))
    }

    #[test]
    fn the_line_says_how_many_hosts_were_in_doubt_and_are_known_again() {
        let mut takeovers = Takeovers::of(JOB);
        for record in [
            started("h1", 1),
            started("h2", 2),
            started("h3", 3),
            started("h4", 4),
            succeeded("h4", 4),
        ] {
            assert!(!takeovers.note(&record));
        }
        takeovers.lost_at = Some(Timestamp::from_millis(1_000));
        assert!(takeovers.note(&taken_over(5_100)) && takeovers.settled().is_none());
        takeovers.note(&succeeded("h1", 1));
        takeovers.note(&succeeded("h2", 2));
        assert_eq!(takeovers.settled(), None);
        let line = "dispatcher ada@b (process 7) took over after 4.1 s; 3 hosts in doubt, 2 known again";
        assert_eq!(takeovers.rest().as_deref(), Some(line));
        assert_eq!(takeovers.rest(), None, "it is said once");
    }

    #[test]
    fn contact_that_was_lost_with_a_dispatcher_that_goes_on_is_no_takeover() {
        let mut takeovers = Takeovers::of(JOB);
        takeovers.was_away(Duration::from_secs(1));
        let mut goes_on = started("h1", 1);
        goes_on.at = SystemClock.now() + Duration::from_secs(60);
        takeovers.note(&goes_on);
        assert_eq!(takeovers.take_away(), None);
    }

    #[test]
    fn where_every_host_has_answered_the_line_comes_at_once() {
        let mut takeovers = Takeovers::of(JOB);
        takeovers.note(&taken_over(0));
        let line = "dispatcher ada@b (process 7) took over; no host in doubt";
        assert_eq!(takeovers.settled().as_deref(), Some(line));
        takeovers.note(&started("h1", 1));
        takeovers.note(&taken_over(0));
        takeovers.note(&succeeded("h1", 1));
        let line = "dispatcher ada@b (process 7) took over; 1 host in doubt, 1 known again";
        assert_eq!(takeovers.settled().as_deref(), Some(line));
    }
}
