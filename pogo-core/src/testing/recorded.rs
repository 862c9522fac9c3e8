//! The state of hosts, derived from records alone.

use std::collections::{BTreeMap, BTreeSet};

use crate::fleet::HostName;
use crate::plan::HoldOwner;
use crate::scheduler::{AttemptId, Event, HostEvent, HostEventKind, JobId, Record, TaskEvent, TaskEventKind};

/// The state of each host after the records so far.
#[derive(Debug, Clone, Default)]
pub(super) struct Recorded {
    pub(super) running: BTreeMap<HostName, (JobId, AttemptId)>,
    /// Failed, in doubt, held or marked down.
    pub(super) stuck: BTreeSet<HostName>,
    /// Jobs that left a host failed or in doubt, until it succeeds, is marked up or is skipped in them.
    failed: BTreeSet<(HostName, JobId)>,
    down: BTreeSet<HostName>,
    /// Hosts that are held, and by whom.
    holds: BTreeSet<(HostName, HoldOwner)>,
    /// Attempts in doubt on hosts that an earlier attempt of their job had left failed or in doubt.
    twice: BTreeSet<AttemptId>,
}

impl Recorded {
    pub(super) fn note(&mut self, record: &Record) {
        match &record.event {
            Event::Task(event) => self.task(event),
            Event::Host(HostEvent { host, kind, .. }) => match kind {
                HostEventKind::MarkedDown { .. } => {
                    self.stuck.insert(host.clone());
                    self.down.insert(host.clone());
                }
                HostEventKind::MarkedUp { .. } => {
                    self.down.remove(host);
                    self.set_available(host);
                }
                HostEventKind::Held { owner, .. } => {
                    self.stuck.insert(host.clone());
                    self.holds.insert((host.clone(), owner.clone()));
                }
                HostEventKind::Released { owner, .. } => {
                    // A wait that ends frees nothing.
                    if self.holds.remove(&(host.clone(), owner.clone())) {
                        self.release(host);
                    }
                }
                HostEventKind::HoldWaiting { .. } => {}
                HostEventKind::FenceForced { .. } => {}
            },
            Event::Namespace(_) | Event::Job(_) => {}
        }
    }

    fn task(&mut self, TaskEvent { job, host, kind, .. }: &TaskEvent) {
        match kind {
            TaskEventKind::Started { attempt, .. } => _ = self.running.insert(host.clone(), (*job, *attempt)),
            TaskEventKind::Fenced { attempt, reopens, .. } => {
                if *reopens {
                    self.reopen(host, (*job, *attempt));
                }
            }
            TaskEventKind::Succeeded { .. } => {
                self.running.remove(host);
                self.set_available(host);
            }
            TaskEventKind::NeverBegan { .. } => _ = self.running.remove(host),
            TaskEventKind::Failed { attempt, .. } | TaskEventKind::InDoubt { attempt, .. } => {
                self.running.remove(host);
                if !self.failed.insert((host.clone(), *job)) {
                    self.twice.insert(*attempt);
                }
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
            | TaskEventKind::HostKeyRecorded { .. }
            | TaskEventKind::Slow { .. }
            | TaskEventKind::CancelRequested { .. }
            | TaskEventKind::Retried { .. }
            | TaskEventKind::Cancelled => {}
        }
    }

    /// The end of an attempt that was in doubt follows.
    fn reopen(&mut self, host: &HostName, attempt: (JobId, AttemptId)) {
        self.running.insert(host.clone(), attempt);
        if self.twice.contains(&attempt.1) {
            return;
        }
        self.failed.remove(&(host.clone(), attempt.0));
        if !self.holds.iter().any(|(held, _)| held == host) {
            self.release(host);
        }
    }

    fn release(&mut self, host: &HostName) {
        if !self.down.contains(host) && !self.failed.iter().any(|(failed, _)| failed == host) {
            self.stuck.remove(host);
        }
    }

    /// Makes the host available, unless it is marked down or held.
    fn set_available(&mut self, host: &HostName) {
        self.failed.retain(|(failed, _)| failed != host);
        if !self.down.contains(host) && !self.holds.iter().any(|(held, _)| held == host) {
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
