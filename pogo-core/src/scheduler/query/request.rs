//! What can be asked.

use serde::{Deserialize, Serialize};

use super::{AttemptsQuery, HoldsQuery, HostsQuery, JobsQuery, SlotsQuery};
use crate::fleet::HostName;
use crate::scheduler::JobId;

/// A question to a namespace, answered by the [`View`](super::View) of the same name.
///
/// Plain data: it travels as JSON, such as `{"query":"hosts","job":3,"states":["failed"],"limit":20}`. Lists come in
/// pages, so that answers are of bounded size, but for obstacles: those of [`Explain`](Self::Explain) and
/// [`Job`](Self::Job) name every host that is in the way, which may be all hosts of a stage or of a limit.
///
/// ```
/// use std::sync::Arc;
/// use pogo_core::Timestamp;
/// use pogo_core::fleet::Fleet;
/// use pogo_core::plan::{JobSpec, RemoteCommand};
/// use pogo_core::scheduler::{HostsQuery, JobId, Order, Query, Scheduler, TaskState, View};
///
/// let mut scheduler = Scheduler::new();
/// let (now, fleet) = (Timestamp::EPOCH, Fleet::builder().hosts("web[1-300]").build()?);
/// scheduler.handle(now, Order::Configure { fleet: Arc::new(fleet), policy: Arc::default() })?;
/// scheduler.handle(now, Order::submit(JobSpec::new("*".parse()?, RemoteCommand::shell("uptime"))))?;
///
/// let mut query = HostsQuery::of(JobId::new(1)).states([TaskState::Running]);
/// let mut hosts = 0;
/// loop {
///     let View::Hosts(page) = scheduler.view(now, &Query::Hosts(query.clone()))? else { panic!() };
///     hosts += page.entries.len();
///     let Some(next) = page.next else { break };
///     query = query.after(next);
/// }
/// assert_eq!(hosts, 300);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "query", rename_all = "snake_case")]
#[non_exhaustive]
pub enum Query {
    /// What is alive, in numbers.
    Namespace,
    /// The jobs that have not retired.
    Jobs(JobsQuery),
    /// All of one job but its hosts.
    Job {
        /// The job.
        job: JobId,
    },
    /// The hosts of a job and their results.
    Hosts(HostsQuery),
    /// One host, in all jobs.
    Host {
        /// The host.
        host: HostName,
    },
    /// Attempts under way.
    Attempts(AttemptsQuery),
    /// Limits, how far they are used, and who holds their slots.
    Slots(SlotsQuery),
    /// Holds, in force and waiting.
    Holds(HoldsQuery),
    /// Why a host of a job waits.
    Explain {
        /// The job.
        job: JobId,
        /// The host.
        host: HostName,
    },
}
