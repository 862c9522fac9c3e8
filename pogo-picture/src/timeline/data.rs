//! The data of a timeline, before drawing.

use std::hash::BuildHasherDefault;

use indexmap::IndexMap;
use rustc_hash::FxHasher;

use super::host::HostTimeline;
use super::mark::Mark;
use super::usage::Series;
use super::waits::WaitReasons;
use pogo_core::Timestamp;
use pogo_core::fleet::HostName;
use pogo_core::scheduler::{JobId, Scheduler};

pub(super) type Hosts = IndexMap<HostName, HostTimeline, BuildHasherDefault<FxHasher>>;

/// The history of hosts, limits and jobs.
#[derive(Debug, Clone)]
pub(super) struct TimelineData {
    pub(super) hosts: Hosts,
    /// Running hosts of the jobs, to which a job's own limit applies.
    pub(super) total: Series,
    /// A series for each limit of the policy.
    pub(super) limits: Vec<Series>,
    pub(super) marks: Vec<Mark>,
    pub(super) jobs: Vec<JobId>,
    pub(super) began: Timestamp,
    pub(super) until: Timestamp,
    /// The log may grow: some job is neither finished, halted nor blocked.
    pub(super) open: bool,
    pub(super) waits: WaitReasons,
    /// Who ordered what, when and why, a sentence each, where anything is known of that.
    pub(super) orders: Vec<String>,
    /// A sentence about the many runs of which this is one.
    pub(super) among: Option<String>,
    /// The scheduler after the last record.
    pub(super) scheduler: Scheduler,
}

impl TimelineData {
    /// The number of attempts.
    pub(super) fn attempts(&self) -> usize {
        self.hosts.values().map(|host| host.attempts.len()).sum()
    }

    /// The number of hosts with a slow attempt.
    pub(super) fn slow(&self) -> usize {
        let slow = |host: &&HostTimeline| host.attempts.iter().any(|attempt| attempt.slow.is_some());
        self.hosts.values().filter(slow).count()
    }
}
