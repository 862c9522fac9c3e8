//! The hosts of a job.

use fixedbitset::FixedBitSet;
use serde::{Deserialize, Serialize};

use super::{PageLimit, Paged};
use crate::fleet::{HostId, HostName, ResolveError, Selector};
use crate::scheduler::state::State;
use crate::scheduler::{HostResult, JobId, QueryError, TaskState};

/// Which hosts of a job to list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct HostsQuery {
    /// The job.
    pub job: JobId,
    /// Those in any of these states; in every state if empty.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub states: Vec<TaskState>,
    /// Those among these hosts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hosts: Option<Selector>,
    /// Those behind this host in the job's listed order, whatever its state.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<HostName>,
    /// How many at once.
    #[serde(default)]
    pub limit: PageLimit,
}

impl HostsQuery {
    /// All hosts of a job.
    pub fn of(job: JobId) -> Self {
        Self {
            job,
            states: vec![],
            hosts: None,
            after: None,
            limit: PageLimit::default(),
        }
    }

    /// Leaves only hosts in one of these states.
    #[must_use]
    pub fn states(mut self, states: impl IntoIterator<Item = TaskState>) -> Self {
        self.states = states.into_iter().collect();
        self
    }

    /// Leaves only hosts that this selector names.
    #[must_use]
    pub fn among(mut self, hosts: Selector) -> Self {
        self.hosts = Some(hosts);
        self
    }

    /// Goes on after this host.
    #[must_use]
    pub fn after(mut self, host: HostName) -> Self {
        self.after = Some(host);
        self
    }

    /// Sets how many hosts a page has.
    #[must_use]
    pub fn limit(mut self, limit: PageLimit) -> Self {
        self.limit = limit;
        self
    }
}

impl State {
    /// Passes over hosts that are not listed without copying anything of them.
    pub(super) fn hosts_page(&self, query: &HostsQuery) -> Result<Paged<HostResult, HostName>, QueryError> {
        let job = self.queried_job(query.job)?;
        let begin = match &query.after {
            Some(host) => self.queried_task(job, host)? as usize + 1,
            None => 0,
        };
        // A bit for each host of the fleet, so that a page through a large job asks for each host
        // once.
        let among = query.hosts.as_ref().map(|hosts| self.host_set(hosts)).transpose()?;
        let named = |host: HostId| among.as_ref().is_none_or(|among| among.contains(host.index()));
        let rows = job.positions().skip(begin).filter(|&task| {
            (query.states.is_empty() || query.states.contains(&job.task(task).state)) && named(job.host(task))
        });
        let rows = rows.map(|task| self.result(job, task));
        Ok(Paged::of(rows, query.limit, |row| row.host.clone()))
    }

    pub(super) fn host_set(&self, hosts: &Selector) -> Result<FixedBitSet, ResolveError> {
        let mut set = FixedBitSet::with_capacity(self.fleet.len());
        self.fleet
            .resolve(hosts)?
            .iter()
            .for_each(|host| set.insert(host.index()));
        Ok(set)
    }
}
