//! Hosts without a known key.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use pogo_core::fleet::HostName;
use pogo_core::scheduler::{FailureCause, TaskEvent, TaskEventKind};

/// Hosts without a known key, and whether their keys were accepted. Shared by all its clones.
///
/// Pass one to [`SshTransportBuilder::first_contacts`](crate::SshTransportBuilder::first_contacts) to report all of
/// them in one line instead of one each.
#[derive(Debug, Clone, Default)]
pub struct FirstContacts(Arc<Mutex<Contacts>>);

#[derive(Debug, Default)]
struct Contacts {
    accepted: BTreeSet<HostName>,
    refused: BTreeSet<HostName>,
    /// Those that were accepted, and that no attempt has reported yet.
    unreported: BTreeSet<HostName>,
}

impl FirstContacts {
    /// Takes note of a contact that was made by another process, whose events are followed: a key that was
    /// [recorded](TaskEventKind::HostKeyRecorded), or a failure because
    /// [none is known](FailureCause::UnknownHostKey). Other events change nothing.
    pub fn read_event(&self, event: &TaskEvent) {
        match &event.kind {
            TaskEventKind::HostKeyRecorded { .. } => _ = self.contacts().accepted.insert(event.host.clone()),
            TaskEventKind::Failed { failure, .. } if failure.cause == Some(FailureCause::UnknownHostKey) => {
                self.refuse(&event.host);
            }
            _ => {}
        }
    }

    /// Whether a new key of this host was recorded that no attempt has reported; each is returned once.
    pub(crate) fn take_unreported(&self, host: &HostName) -> bool {
        self.contacts().unreported.remove(host)
    }

    /// Hosts whose new key was recorded. Empty with the `ssh` program, which does not report it.
    pub fn accepted(&self) -> Vec<HostName> {
        self.contacts().accepted.iter().cloned().collect()
    }

    /// Hosts that were refused because none of their keys is known.
    pub fn refused(&self) -> Vec<HostName> {
        self.contacts().refused.iter().cloned().collect()
    }

    /// Whether this host was refused because none of its keys is known.
    pub fn is_refused(&self, host: &HostName) -> bool {
        self.contacts().refused.contains(host)
    }

    pub(crate) fn accept(&self, host: &HostName) {
        let mut contacts = self.contacts();
        // Again for a host that was met before: its line may have been removed from the file since.
        contacts.accepted.insert(host.clone());
        contacts.unreported.insert(host.clone());
    }

    pub(crate) fn refuse(&self, host: &HostName) {
        self.contacts().refused.insert(host.clone());
    }

    fn contacts(&self) -> MutexGuard<'_, Contacts> {
        // Poisoning is harmless: each change is a single operation.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use pogo_core::scheduler::{AttemptId, Event, Failure, FailureKind, JobId};

    use super::*;

    #[test]
    fn a_recorded_key_is_reported_once() {
        let contacts = FirstContacts::default();
        let web1: HostName = "web1".parse().unwrap();
        assert!(!contacts.take_unreported(&web1));
        contacts.accept(&web1);
        assert!(contacts.take_unreported(&web1) && !contacts.take_unreported(&web1));
        assert_eq!(contacts.accepted(), [web1]);
    }

    #[test]
    fn contacts_of_other_processes_are_read_from_events() {
        let contacts = FirstContacts::default();
        let hosts: [HostName; 3] = ["web1", "web2", "web3"].map(|name| name.parse().unwrap());
        let attempt = AttemptId::new(1);
        let failed = |failure| TaskEventKind::Failed {
            attempt,
            failure,
            output: None,
        };
        let changed = Failure::new(FailureKind::HostKey, "in any words");
        let unknown = changed.clone().with_cause(FailureCause::UnknownHostKey);
        let kinds = [
            TaskEventKind::HostKeyRecorded { attempt },
            failed(unknown),
            failed(changed),
        ];
        for (host, kind) in hosts.iter().zip(kinds) {
            let Event::Task(event) = Event::of_task(JobId::new(1), host.clone(), kind) else {
                unreachable!("it is of a task");
            };
            contacts.read_event(&event);
        }
        let [recorded, unknown, changed] = hosts;
        assert!(contacts.is_refused(&unknown) && !contacts.is_refused(&changed));
        assert_eq!(
            (contacts.accepted(), contacts.refused()),
            (vec![recorded], vec![unknown])
        );
        assert!(
            !contacts.take_unreported(&contacts.accepted()[0]),
            "another process has reported it"
        );
    }
}
