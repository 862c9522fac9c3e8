//! Hosts on which another command runs, or that cannot be connected to yet.

use std::collections::{BTreeMap, BTreeSet};

use pogo_core::fleet::HostName;
use pogo_core::scheduler::{Event, LockHolder, NeverBegan, TaskEvent, TaskEventKind};

use super::visible::visible;

/// What was said last of hosts whose attempts did not begin.
#[derive(Debug, Default)]
pub(super) struct BusyHosts {
    /// Which command keeps each host busy, as far as the host knows.
    busy: BTreeMap<HostName, Option<LockHolder>>,
    /// What is missing to connect, which is the same for many hosts.
    missing: BTreeSet<String>,
}

impl BusyHosts {
    /// The line to show, where an event says that a host is busy, once for each command that keeps it so, or that
    /// something is missing to connect, once for all hosts; however often it is tried again.
    pub(super) fn note(&mut self, event: &Event) -> Option<String> {
        let Event::Task(TaskEvent { host, kind, .. }) = event else {
            return None;
        };
        match kind {
            TaskEventKind::NeverBegan {
                reason: NeverBegan::Busy,
                message,
                holder,
                ..
            } => self.busy(host, message, holder.as_ref()),
            TaskEventKind::NeverBegan {
                reason: NeverBegan::NotReady,
                message,
                ..
            } => {
                let is_new = self.missing.insert(message.clone());
                is_new.then(|| format!("{host} waits, and so may others: {}", visible(message)))
            }
            _ => None,
        }
    }

    fn busy(&mut self, host: &HostName, message: &str, holder: Option<&LockHolder>) -> Option<String> {
        if self.busy.get(host).is_some_and(|before| before.as_ref() == holder) {
            return None;
        }
        self.busy.insert(host.clone(), holder.cloned());
        Some(format!(
            "{host} is busy: {}; it waits, and is tried again",
            visible(message)
        ))
    }
}

#[cfg(test)]
mod tests {
    use pogo_core::Timestamp;
    use pogo_core::scheduler::{AttemptId, JobId};

    use super::*;

    fn never_began(host: &str, reason: NeverBegan, message: &str, holder: Option<u64>) -> Event {
        let kind = TaskEventKind::NeverBegan {
            attempt: AttemptId::new(3),
            reason,
            message: message.to_owned(),
            holder: holder.map(|number| LockHolder::new("web", AttemptId::new(number))),
            not_before: Timestamp::EPOCH,
        };
        Event::of_task(JobId::new(1), host.parse().unwrap(), kind)
    }

    #[test]
    fn a_busy_host_is_told_once_for_each_command_that_keeps_it_so() {
        let mut hosts = BusyHosts::default();
        let mut busy = |host, number, message| hosts.note(&never_began(host, NeverBegan::Busy, message, Some(number)));
        assert_eq!(
            busy("web1", 17, "a17 for 5 s").as_deref(),
            Some("web1 is busy: a17 for 5 s; it waits, and is tried again")
        );
        assert_eq!(busy("web1", 17, "a17 for 9 s"), None);
        assert!(busy("web2", 17, "a17 for 9 s").is_some());
        assert!(busy("web1", 18, "a18 for 1 s").is_some());
        let hostile = busy("web4", 19, "\u{1b}[2J").unwrap();
        assert!(!hostile.contains('\u{1b}'), "{hostile}");
        let mut unknown = |message| hosts.note(&never_began("web6", NeverBegan::Busy, message, None));
        assert!(unknown("something since 3 s").is_some());
        assert_eq!(
            unknown("something since 8 s"),
            None,
            "the host does not know whose it is"
        );
        assert_eq!(
            hosts.note(&never_began("web3", NeverBegan::Expired, "late", None)),
            None
        );
    }

    #[test]
    fn what_is_missing_to_connect_is_told_once_for_all_hosts() {
        let mut hosts = BusyHosts::default();
        let mut waits = |host| hosts.note(&never_began(host, NeverBegan::NotReady, "nobody is attached", None));
        let line = waits("web3");
        assert_eq!(
            line.as_deref(),
            Some("web3 waits, and so may others: nobody is attached")
        );
        assert_eq!(waits("web5"), None);
    }
}
