//! What grants ask of a job.

use std::sync::Arc;

use pogo_api::wire::ProblemKind;
use pogo_core::fleet::{Fleet, HostName};
use pogo_core::plan::JobSpec;
use pogo_core::scheduler::{HostsQuery, JobId, PageLimit, Query, QueryError};

use crate::ServedNamespace;
use crate::refusal::Refusal;

/// What grants ask of a job: whose it is, where it runs, and what.
pub(super) struct JobFacts {
    pub(super) user: String,
    pub(super) hosts: Vec<HostName>,
    /// What was submitted, as long as the scheduler has it.
    pub(super) spec: Option<JobSpec>,
    /// What the hosts are held against.
    pub(super) fleet: Arc<Fleet>,
}

impl JobFacts {
    /// Of a job that is alive, or that has retired and is in the history.
    pub(super) async fn of(namespace: &ServedNamespace, job: JobId) -> Result<Self, Refusal> {
        let alive = namespace.handle.query(move |scheduler| {
            let fleet = Arc::clone(scheduler.fleet());
            let found = scheduler.job(job);
            let facts = found.map(|job| {
                let hosts = job.tasks().map(|task| task.host().clone()).collect();
                (job.spec().clone(), hosts)
            });
            (fleet, facts)
        });
        let (fleet, facts) = alive.await?;
        match facts {
            Some((spec, hosts)) => Ok(Self {
                user: spec.user.clone(),
                hosts,
                spec: Some(spec),
                fleet,
            }),
            None => Self::of_retired(namespace, job, fleet).await,
        }
    }

    async fn of_retired(namespace: &ServedNamespace, job: JobId, fleet: Arc<Fleet>) -> Result<Self, Refusal> {
        match namespace.handle.view(Query::Job { job }).await {
            Err(QueryError::RetiredJob { .. }) => {}
            Err(error) => return Err(error.into()),
            // It has just been taken on: whoever asks may ask again.
            Ok(_) => return Err(Refusal::new(ProblemKind::Busy, "the job has just come; ask again")),
        }
        let replay = match &namespace.history {
            Some(history) => history.replay(job).await?,
            None => None,
        };
        let gone = || {
            let said = format_args!("{job} is over and its records are not kept here, so nobody can tell whose it was");
            Refusal::new(ProblemKind::RetiredJob, said)
        };
        let replay = replay.ok_or_else(gone)?;
        let user = replay.entry().ok_or_else(gone)?.submitted.user.clone();
        let mut hosts = Vec::new();
        let mut query = HostsQuery::of(job).limit(PageLimit::new(u32::MAX));
        loop {
            let page = replay.hosts(&query, &fleet)?;
            hosts.extend(page.entries.into_iter().map(|result| result.host));
            let Some(next) = page.next else { break };
            query = query.after(next);
        }
        let spec = None;
        Ok(Self {
            user,
            hosts,
            spec,
            fleet,
        })
    }
}
