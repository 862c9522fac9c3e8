//! Hosts on which another command runs, or that cannot be connected to yet.

use std::collections::{BTreeMap, BTreeSet};

use pogo_core::fleet::HostName;
use pogo_core::scheduler::{Event, NeverBegan, TaskEvent, TaskEventKind};

use super::visible::visible;

/// What was said last of hosts whose attempts did not begin.
#[derive(Debug, Default)]
pub(super) struct BusyHosts {
    /// Which command keeps each host busy.
    busy: BTreeMap<HostName, String>,
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
                ..
            } => self.busy(host, message),
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

    fn busy(&mut self, host: &HostName, message: &str) -> Option<String> {
        let holder = message.split_once(" has held").map_or(message, |(holder, _)| holder);
        if self.busy.get(host).is_some_and(|before| before == holder) {
            return None;
        }
        self.busy.insert(host.clone(), holder.to_owned());
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

    fn busy(host: &str, reason: NeverBegan, message: &str) -> Event {
        let kind = TaskEventKind::NeverBegan {
            attempt: AttemptId::new(3),
            reason,
            message: message.to_owned(),
            not_before: Timestamp::EPOCH,
        };
        Event::of_task(JobId::new(1), host.parse().unwrap(), kind)
    }

    #[test]
    fn a_busy_host_is_told_once_for_each_command_that_keeps_it_so() {
        let mut hosts = BusyHosts::default();
        let held =
            |number, seconds| format!("attempt a{number} of namespace web has held the host's lock for {seconds} s");
        let line = hosts.note(&busy("web1", NeverBegan::Busy, &held(17, 5)));
        let wanted =
            "web1 is busy: attempt a17 of namespace web has held the host's lock for 5 s; it waits, and is tried again";
        assert_eq!(line.as_deref(), Some(wanted));
        assert_eq!(hosts.note(&busy("web1", NeverBegan::Busy, &held(17, 9))), None);
        assert!(hosts.note(&busy("web2", NeverBegan::Busy, &held(17, 9))).is_some());
        assert!(hosts.note(&busy("web1", NeverBegan::Busy, &held(18, 1))).is_some());
        assert_eq!(hosts.note(&busy("web3", NeverBegan::Expired, "late")), None);
        let missing = hosts
            .note(&busy("web3", NeverBegan::NotReady, "nobody is attached"))
            .unwrap();
        assert_eq!(missing, "web3 waits, and so may others: nobody is attached");
        assert_eq!(
            hosts.note(&busy("web5", NeverBegan::NotReady, "nobody is attached")),
            None
        );
        let hostile = hosts.note(&busy("web4", NeverBegan::Busy, "\u{1b}[2J")).unwrap();
        assert!(!hostile.contains('\u{1b}'), "{hostile}");
    }
}
