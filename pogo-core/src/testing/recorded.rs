//! The state of hosts as records alone give it.

use std::collections::{BTreeMap, BTreeSet};

use crate::fleet::HostName;
use crate::scheduler::{AttemptId, Event, HostEvent, HostEventKind, JobId, Record, TaskEvent, TaskEventKind};

/// The state of each host after the records so far.
#[derive(Debug, Clone, Default)]
pub(super) struct Recorded {
    pub(super) running: BTreeMap<HostName, (JobId, AttemptId)>,
    /// Failed, in doubt or marked down.
    pub(super) stuck: BTreeSet<HostName>,
    /// Jobs that left a host failed or in doubt, until it succeeds, is marked up or is skipped in them.
    failed: BTreeSet<(HostName, JobId)>,
    down: BTreeSet<HostName>,
}

impl Recorded {
    pub(super) fn note(&mut self, record: &Record) {
        match &record.event {
            Event::Task(event) => self.task(event),
            Event::Host(HostEvent { host, kind }) => match kind {
                HostEventKind::MarkedDown { .. } => {
                    self.stuck.insert(host.clone());
                    self.down.insert(host.clone());
                }
                HostEventKind::MarkedUp { .. } => {
                    self.down.remove(host);
                    self.set_available(host);
                }
            },
            Event::Namespace(_) | Event::Job(_) => {}
        }
    }

    fn task(&mut self, TaskEvent { job, host, kind }: &TaskEvent) {
        match kind {
            TaskEventKind::Started { attempt, .. } => _ = self.running.insert(host.clone(), (*job, *attempt)),
            TaskEventKind::Succeeded { .. } => {
                self.running.remove(host);
                self.set_available(host);
            }
            TaskEventKind::NeverBegan { .. } => _ = self.running.remove(host),
            TaskEventKind::Failed { .. } | TaskEventKind::InDoubt { .. } => {
                self.running.remove(host);
                self.failed.insert((host.clone(), *job));
                self.stuck.insert(host.clone());
            }
            TaskEventKind::Skipped => {
                self.failed.remove(&(host.clone(), *job));
                if !self.failed.iter().any(|(failed, _)| failed == host) {
                    self.set_available(host);
                }
            }
            TaskEventKind::PhaseEntered { .. }
            | TaskEventKind::Permitted { .. }
            | TaskEventKind::Slow { .. }
            | TaskEventKind::CancelRequested { .. }
            | TaskEventKind::Retried { .. }
            | TaskEventKind::Cancelled => {}
        }
    }

    /// Makes the host available, unless it is marked down.
    fn set_available(&mut self, host: &HostName) {
        self.failed.retain(|(failed, _)| failed != host);
        if !self.down.contains(host) {
            self.stuck.remove(host);
        }
    }

    pub(super) fn is_unavailable(&self, host: &HostName) -> bool {
        self.running.contains_key(host) || self.stuck.contains(host)
    }

    /// The hosts that are unavailable.
    #[cfg(feature = "async")]
    pub(super) fn unavailable(&self) -> BTreeSet<HostName> {
        self.running.keys().chain(&self.stuck).cloned().collect()
    }
}
