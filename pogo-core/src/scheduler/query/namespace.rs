//! A namespace at a glance.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::Timestamp;
use crate::fleet::HostName;
use crate::scheduler::state::{Backoff, Job, State};
use crate::scheduler::{Freeze, JobId, JobStatus, NeverBegan, Restoration};

/// What is alive in a namespace, in numbers; the jobs, attempts, limits and holds themselves have queries of their own.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[non_exhaustive]
pub struct NamespaceSummary {
    /// The time of the last event.
    pub at: Timestamp,
    /// How many hosts the fleet has.
    pub hosts: usize,
    /// How many jobs there are of each status that any has, retired ones aside.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub jobs: Vec<JobCount>,
    /// Jobs that have retired while hosts hold slots because of them, in the order of their numbers.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub retired: Vec<RetiredJob>,
    /// How many attempts are under way.
    #[serde(default)]
    pub attempts: usize,
    /// How many hosts are unavailable, running ones included.
    #[serde(default)]
    pub unavailable: usize,
    /// Hosts that are marked down, in fleet order.
    #[serde(with = "crate::fleet::host_list", default, skip_serializing_if = "Vec::is_empty")]
    #[cfg_attr(feature = "openapi", schema(value_type = Vec<String>))]
    pub down: Vec<HostName>,
    /// Hosts that have left the fleet and that jobs still know, in fleet order.
    #[serde(with = "crate::fleet::host_list", default, skip_serializing_if = "Vec::is_empty")]
    #[cfg_attr(feature = "openapi", schema(value_type = Vec<String>))]
    pub left: Vec<HostName>,
    /// Freezes in force, in the order in which they were ordered.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub freezes: Vec<Freeze>,
    /// The last restore of the namespace, if it ever was restored.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub restored: Option<Restoration>,
    /// How many hosts somebody holds outside of any job.
    #[serde(default)]
    pub held: usize,
    /// How many holds wait in line.
    #[serde(default)]
    pub holds_waiting: usize,
    /// Jobs with hosts that wait for what only a person can bring, such as an agent, in the order of their numbers.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub unready: Vec<UnreadyJob>,
}

/// A job of which hosts cannot be connected to before somebody brings what that takes, as with `pogo attach`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[non_exhaustive]
pub struct UnreadyJob {
    /// Its number.
    pub job: JobId,
    /// Who asked for it.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub user: String,
    /// How many of its hosts wait so.
    pub hosts: usize,
}

/// How many jobs have a status.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[non_exhaustive]
pub struct JobCount {
    /// The status.
    pub status: JobStatus,
    /// How many jobs have it.
    pub jobs: usize,
}

/// A job that has retired, and what it left.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[non_exhaustive]
pub struct RetiredJob {
    /// Its number.
    pub job: JobId,
    /// The hosts that it left failed or in doubt, by name.
    #[serde(with = "crate::fleet::host_list")]
    #[cfg_attr(feature = "openapi", schema(value_type = Vec<String>))]
    pub hosts: Vec<HostName>,
}

impl UnreadyJob {
    fn of(job: &Job) -> Option<Self> {
        let unready = |backoff: &&Backoff| backoff.never_began == Some(NeverBegan::NotReady);
        let hosts = job.backoffs.values().filter(unready).count();
        (hosts > 0 && !job.status.is_over()).then(|| Self {
            job: job.id,
            user: job.spec.user.clone(),
            hosts,
        })
    }
}

impl State {
    pub(super) fn namespace_summary(&self) -> NamespaceSummary {
        let mut by_status: BTreeMap<JobStatus, usize> = BTreeMap::new();
        for job in self.jobs.values() {
            *by_status.entry(job.status).or_default() += 1;
        }
        let name = |host| self.fleet.name(host).clone();
        let stuck = || self.hosts.stuck_states();
        let down = stuck().filter(|(_, state)| state.down.is_some());
        let running = || self.attempts.iter().map(|(_, running)| running.target.host);
        NamespaceSummary {
            at: self.at,
            hosts: self.given.as_ref().map_or(0, |fleet| fleet.len()),
            jobs: by_status
                .into_iter()
                .map(|(status, jobs)| JobCount { status, jobs })
                .collect(),
            retired: self
                .retired_views()
                .map(|job| RetiredJob {
                    job: job.id(),
                    hosts: job.hosts().map(|(host, _)| host.clone()).collect(),
                })
                .collect(),
            attempts: running().count(),
            // A host that runs may be stuck for another reason, and is counted once.
            unavailable: running().filter(|&host| !self.hosts.is_stuck(host)).count() + stuck().count(),
            down: down.map(|(host, _)| name(host)).collect(),
            left: self.hosts.removed().map(name).collect(),
            freezes: self.freezes.iter().cloned().collect(),
            restored: self.restorations.last().cloned(),
            held: self.holds.held().count(),
            holds_waiting: self.holds.waiting_count(),
            unready: self.jobs.values().filter_map(UnreadyJob::of).collect(),
        }
    }
}
