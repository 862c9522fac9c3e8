//! What records say of each host at each moment, without the scheduler.

use std::collections::{BTreeMap, BTreeSet};

use crate::fleet::HostName;
use crate::scheduler::{AttemptId, Event, JobId, Record};

/// Hosts as the records so far have them.
#[derive(Debug, Default)]
pub(super) struct Recorded<'a> {
    pub(super) running: BTreeMap<&'a HostName, (JobId, AttemptId)>,
    /// Failed, in doubt or marked down.
    pub(super) stuck: BTreeSet<&'a HostName>,
    down: BTreeSet<&'a HostName>,
}

impl<'a> Recorded<'a> {
    pub(super) fn note(&mut self, record: &'a Record) {
        match &record.event {
            Event::TaskStarted { job, host, attempt } => _ = self.running.insert(host, (*job, *attempt)),
            Event::TaskSucceeded { host, .. } => {
                self.running.remove(host);
                self.serves(host);
            }
            Event::TaskFailed { host, .. } | Event::TaskInDoubt { host, .. } => {
                self.running.remove(host);
                self.stuck.insert(host);
            }
            Event::TaskSkipped { host, .. } => self.serves(host),
            Event::HostMarkedDown { host, .. } => {
                self.stuck.insert(host);
                self.down.insert(host);
            }
            Event::HostMarkedUp { host, .. } => {
                self.down.remove(host);
                self.serves(host);
            }
            _ => {}
        }
    }

    /// Nothing but a mark from outside speaks against the host any more.
    fn serves(&mut self, host: &'a HostName) {
        if !self.down.contains(host) {
            self.stuck.remove(host);
        }
    }

    pub(super) fn is_unavailable(&self, host: &HostName) -> bool {
        self.running.contains_key(host) || self.stuck.contains(host)
    }
}
