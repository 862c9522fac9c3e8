//! What an order is given to.

use std::sync::Arc;

use super::Order;
use crate::fleet::{Fleet, HostName};
use crate::policy::Policy;
use crate::scheduler::JobId;

/// What an order is given to, and so which parts of a dispatcher handle it in a way of their own.
///
/// The one list of all orders for those parts: a new order is classified once, and a new class does not compile before
/// each of them has decided on it.
pub(crate) enum OrderClass<'a> {
    /// Fleet and policy, which resolvers are asked about first.
    Configuration {
        /// The new fleet.
        fleet: &'a Arc<Fleet>,
        /// The new policy.
        policy: &'a Arc<Policy>,
    },
    /// A job that is not yet there, which resolvers are asked about first.
    NewJob,
    /// A job as a whole.
    Job(JobId),
    /// A job whose attempts end, which needs no journal.
    EndedJob(JobId),
    /// Hosts of a job that are tried again or counted as done: of those in doubt the attempts must be over.
    HostsOfJob {
        /// The job.
        job: JobId,
        /// Its hosts; perhaps one twice.
        hosts: &'a Vec<HostName>,
    },
    /// A host that is available again for all jobs: its attempts in doubt must be over.
    AvailableHost(&'a HostName),
    /// Hosts that are kept from starting, or no longer, in all jobs.
    Hosts,
}

impl Order {
    /// What it is given to.
    pub(crate) const fn class(&self) -> OrderClass<'_> {
        match self {
            Self::Configure { fleet, policy } => OrderClass::Configuration { fleet, policy },
            Self::Submit { .. } => OrderClass::NewJob,
            Self::Pause { job }
            | Self::Resume { job }
            | Self::Halt { job }
            | Self::Promote { job }
            | Self::Note { job }
            | Self::Alter { job, .. } => OrderClass::Job(*job),
            Self::Abort { job } => OrderClass::EndedJob(*job),
            Self::Retry { job, hosts, .. } | Self::Skip { job, hosts, .. } => {
                OrderClass::HostsOfJob { job: *job, hosts }
            }
            Self::MarkUp { host, .. } => OrderClass::AvailableHost(host),
            Self::Freeze { .. }
            | Self::Thaw { .. }
            | Self::Hold { .. }
            | Self::Release { .. }
            | Self::MarkDown { .. } => OrderClass::Hosts,
        }
    }

    /// The job that it is given to; none for those that are given to no job, and for a job that is not yet there.
    pub const fn job(&self) -> Option<JobId> {
        match self.class() {
            OrderClass::Job(job) | OrderClass::EndedJob(job) | OrderClass::HostsOfJob { job, .. } => Some(job),
            OrderClass::Configuration { .. }
            | OrderClass::NewJob
            | OrderClass::AvailableHost(_)
            | OrderClass::Hosts => None,
        }
    }
}
