//! Why a host waits.

use serde::{Deserialize, Serialize};

use crate::Timestamp;
use crate::fleet::HostName;
use crate::scheduler::state::State;
use crate::scheduler::{JobId, Obstacle, QueryError, TaskState};

/// Why a host of a job waits, if it does.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[non_exhaustive]
pub struct Explanation {
    /// The job.
    pub job: JobId,
    /// The host.
    pub host: HostName,
    /// How far it is.
    pub state: TaskState,
    /// Everything that keeps it from starting, each with the orders that clear it, as
    /// [`Scheduler::explain`](crate::scheduler::Scheduler::explain).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub obstacles: Vec<Obstacle>,
}

impl State {
    pub(super) fn explanation(&self, now: Timestamp, job: JobId, host: &HostName) -> Result<Explanation, QueryError> {
        let known = self.queried_job(job)?;
        let task = self.queried_task(known, host)?;
        Ok(Explanation {
            job,
            host: host.clone(),
            state: known.task(task).state,
            obstacles: self.explain(now, job, host.as_str()).unwrap_or_default(),
        })
    }
}
