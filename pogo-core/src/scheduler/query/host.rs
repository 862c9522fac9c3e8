//! One host, in all jobs.

use serde::{Deserialize, Serialize};

use super::PageLimit;
use crate::fleet::{HostId, HostName, Origin, ResolveError, TagPath, near};
use crate::scheduler::state::State;
use crate::scheduler::{Freeze, Hold, Holder, HostResult, JobId, JobStatus, QueryError};

/// What is known of a host.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[non_exhaustive]
pub struct HostDetails {
    /// The host.
    pub host: HostName,
    /// Whether the fleet has it; one that has left is still known while a job has it.
    pub in_fleet: bool,
    /// The tags that it carries.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tags: Vec<TagPath>,
    /// Where it is named and given its tags, as far as the fleet says so.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub origins: Vec<HostOrigin>,
    /// Why it is unavailable and since when, one entry for each reason; empty if it is available.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub unavailable: Vec<Holder>,
    /// Freezes that name it, in the order in which they were ordered.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub freezes: Vec<Freeze>,
    /// Its holds: the one in force first, then those that wait in the order in which they were ordered.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub holds: Vec<Hold>,
    /// Jobs that have it and have not retired, in the order of their numbers; of more than 100 the newest.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub jobs: Vec<HostInJob>,
}

/// Where a host is given a tag.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[non_exhaustive]
pub struct HostOrigin {
    /// The tag; without one it is where the host itself is named.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tag: Option<TagPath>,
    /// The line of the source.
    pub origin: Origin,
}

/// A host in one job.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[non_exhaustive]
pub struct HostInJob {
    /// The job.
    pub job: JobId,
    /// How the job is doing.
    pub status: JobStatus,
    /// How far the host is.
    #[serde(flatten)]
    pub result: HostResult,
}

impl State {
    fn host_origins(&self, host: HostId) -> Vec<HostOrigin> {
        let origins = self.fleet.origins_of(host);
        let origins = origins.map(|(tag, origin)| HostOrigin {
            tag: tag.cloned(),
            origin,
        });
        origins.collect()
    }

    /// Time is linear in the number of jobs.
    pub(super) fn host_details(&self, name: &HostName) -> Result<HostDetails, QueryError> {
        let names = || self.fleet.ids().map(|host| self.fleet.name(host).as_str());
        let unknown = || ResolveError::UnknownHost {
            name: name.to_string(),
            near: near(name.as_str(), names()),
        };
        let host = self.fleet.id(name.as_str()).ok_or_else(unknown)?;
        let tags = self.fleet.tags_of(host).map(|tag| self.fleet.tag_path(tag).clone());
        let tasks = self.jobs.values().filter_map(|job| Some((job, job.task_of(host)?)));
        let tasks: Vec<_> = tasks.collect();
        // A host may be in thousands of jobs, and whoever asks for it wants to know what happens
        // there now.
        let newest = tasks.len().saturating_sub(PageLimit::default().get() as usize);
        let jobs = tasks.into_iter().skip(newest).map(|(job, task)| HostInJob {
            job: job.id,
            status: job.status,
            result: self.result(job, task),
        });
        Ok(HostDetails {
            host: name.clone(),
            in_fleet: !self.hosts.is_removed(host),
            tags: tags.collect(),
            origins: self.host_origins(host),
            unavailable: self.reasons_of(host),
            freezes: self.freezes.of(host).cloned().collect(),
            holds: self.holds.of_host(name).cloned().collect(),
            jobs: jobs.collect(),
        })
    }
}
