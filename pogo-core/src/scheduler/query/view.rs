//! What is answered.

use serde::{Deserialize, Serialize};

use super::{Explanation, HostDetails, JobDetails, JobSummary, NamespaceSummary, Paged, Query, Slots};
use crate::Timestamp;
use crate::fleet::HostName;
use crate::scheduler::state::{Job, State};
use crate::scheduler::{AttemptId, AttemptView, HoldView, HostResult, JobId, QueryError};

/// The answer to a [`Query`]: owned plain data. It holds nothing that a dispatcher alone has to know, such as what a
/// command reads or the values of its environment.
///
/// What a later version adds has a default, so that an older answer is read by newer programs, and a newer one by older
/// programs.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(tag = "view", rename_all = "snake_case")]
#[non_exhaustive]
pub enum View {
    /// To [`Query::Namespace`].
    Namespace(Box<NamespaceSummary>),
    /// To [`Query::Jobs`], in the order of their numbers.
    Jobs(Paged<JobSummary, JobId>),
    /// To [`Query::Job`].
    Job(Box<JobDetails>),
    /// To [`Query::Hosts`], in listed order.
    Hosts(Paged<HostResult, HostName>),
    /// To [`Query::Host`].
    Host(Box<HostDetails>),
    /// To [`Query::Attempts`], in the order of their numbers.
    Attempts(Paged<AttemptView, AttemptId>),
    /// To [`Query::Slots`], in the order of the policy.
    Slots(Paged<Slots, u32>),
    /// To [`Query::Holds`], by host: of each the one in force first, then those that wait in the order in which they
    /// were ordered.
    Holds(Paged<HoldView, HostName>),
    /// To [`Query::Explain`].
    Explain(Box<Explanation>),
}

impl State {
    /// Answers a query; `now` decides only which delays have passed.
    pub(in crate::scheduler) fn view(&self, now: Timestamp, query: &Query) -> Result<View, QueryError> {
        Ok(match query {
            Query::Namespace => View::Namespace(Box::new(self.namespace_summary())),
            Query::Jobs(query) => View::Jobs(self.jobs_page(query)),
            Query::Job { job } => View::Job(Box::new(self.job_details(now, self.queried_job(*job)?))),
            Query::Hosts(query) => View::Hosts(self.hosts_page(query)?),
            Query::Host { host } => View::Host(Box::new(self.host_details(host)?)),
            Query::Attempts(query) => View::Attempts(self.attempts_page(query)),
            Query::Slots(query) => View::Slots(self.slots_page(query)?),
            Query::Holds(query) => View::Holds(self.holds_page(query)),
            Query::Explain { job, host } => View::Explain(Box::new(self.explanation(now, *job, host)?)),
        })
    }

    pub(super) fn queried_job(&self, job: JobId) -> Result<&Job, QueryError> {
        let unknown = || match self.has_retired(job) {
            // Its own case: the records of a job that has retired can still be read.
            true => QueryError::RetiredJob { job },
            false => QueryError::UnknownJob { job },
        };
        self.jobs.get(&job).ok_or_else(unknown)
    }

    /// The task of a job that is this host.
    pub(super) fn queried_task(&self, job: &Job, host: &HostName) -> Result<u32, QueryError> {
        let task = self.fleet.id(host.as_str()).and_then(|id| job.task_of(id));
        task.ok_or_else(|| QueryError::NotInJob {
            job: job.id,
            host: host.clone(),
        })
    }
}
