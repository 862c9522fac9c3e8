//! What a check of everything that must hold finds.

use crate::fleet::HostName;
use crate::scheduler::{AttemptId, Incarnation, JobId, JobStatus};

/// A rule that does not hold: a defect of the scheduler, never of its inputs.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Violation {
    /// A counter is not what a recount gives.
    #[error("the ledger of bucket `{group}` says {counted}, a recount {recounted}")]
    Ledger {
        /// The bucket's group.
        group: String,
        /// Running and unavailable, as kept.
        counted: String,
        /// Running and unavailable, as recounted.
        recounted: String,
    },
    /// A host's lease and the attempts under way do not match.
    #[error("attempt {attempt} and the lease of its host do not match")]
    Lease {
        /// The attempt.
        attempt: AttemptId,
    },
    /// A job's tally is not what a recount gives.
    #[error("the tally of {job} is wrong")]
    Tally {
        /// The job.
        job: JobId,
    },
    /// A job is wrong about which of its waiting hosts have left the fleet.
    #[error("what {job} knows of hosts that have left the fleet is wrong")]
    Left {
        /// The job.
        job: JobId,
    },
    /// A gate is open or closed without reason.
    #[error("the gates of {job} are wrong at stage `{stage}`")]
    Gate {
        /// The job.
        job: JobId,
        /// The stage.
        stage: String,
    },
    /// What is left of a job that has retired does not match the hosts that it left failed or in doubt.
    #[error("what is left of {job} does not match the hosts that it left failed or in doubt")]
    Remnant {
        /// The job.
        job: JobId,
    },
    /// The numbers of jobs and attempts are not those of the incarnation.
    #[error("the numbers of jobs and attempts are not those of {incarnation}")]
    Numbers {
        /// The incarnation.
        incarnation: Incarnation,
    },
    /// A freeze does not hold exactly the hosts that it names.
    #[error("the freeze of `{hosts}` does not hold the hosts that it names")]
    Freeze {
        /// The selector of the freeze.
        hosts: String,
    },
    /// A host is marked as held that nobody holds, or the other way round.
    #[error("host `{host}` is marked as held, and nobody holds it, or the other way round")]
    Hold {
        /// The host.
        host: HostName,
    },
    /// Somebody waits to hold a host that could be held.
    #[error("a hold of host `{host}` waits although nothing stops it")]
    IdleHold {
        /// The host.
        host: HostName,
    },
    /// A job says that it waits or is blocked, and it is otherwise.
    #[error(
        "{job} is {status}, and something of it {}",
        if *.startable { "could still start" } else { "can start only by an order" }
    )]
    Status {
        /// The job.
        job: JobId,
        /// What it says.
        status: JobStatus,
        /// Whether anything of it could start without an order.
        startable: bool,
    },
    /// A host waits that could start.
    #[error("host `{host}` of {job} waits although nothing stops it")]
    Idle {
        /// The job.
        job: JobId,
        /// The host.
        host: HostName,
    },
}
