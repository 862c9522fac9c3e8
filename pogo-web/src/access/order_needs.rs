//! What each order needs to be allowed.

use pogo_core::fleet::HostName;
use pogo_core::plan::{HoldOwner, JobSpec};
use pogo_core::policy::Setting;
use pogo_core::scheduler::{JobId, Order};

use super::Verb;

/// Something that has to be allowed for an order to be given.
#[derive(Debug, PartialEq)]
pub(super) enum Need<'a> {
    /// This, in the namespace and without limits.
    Namespace(Verb),
    /// To run this job.
    Run(&'a JobSpec),
    /// To steer this job, on all of its hosts.
    Job(JobId),
    /// To steer this job, on these of its hosts.
    JobHosts(JobId, &'a [HostName]),
    /// To run any command on the hosts of this job.
    RunAnything(JobId),
    /// To steer all jobs, on these hosts.
    Hosts(&'a [HostName]),
    /// To hold hosts under this name, which is one's own or that of somebody else.
    HoldName(&'a HoldOwner),
}

/// What an order needs; all of it has to be allowed. An order that is not known here is one of an administrator.
pub(super) fn needs(order: &Order) -> Vec<Need<'_>> {
    match order {
        Order::Submit { spec, .. } => {
            let mut needs = vec![Need::Run(spec)];
            // Limits protect what others run and serve.
            if spec.override_constraints.is_some() {
                needs.push(Need::Namespace(Verb::Admin));
            }
            // Whoever holds a host keeps the jobs of others from it.
            needs.extend(spec.under_hold.as_ref().map(Need::HoldName));
            needs
        }
        Order::Pause { job }
        | Order::Resume { job }
        | Order::Halt { job }
        | Order::Abort { job }
        | Order::Promote { job }
        | Order::Note { job } => vec![Need::Job(*job)],
        Order::Alter { job, change } => {
            let mut needs = vec![Need::Job(*job)];
            // Hooks are programs of the host, and which directory they are in decides what runs.
            if change.changes(Setting::PreHooks) || change.changes(Setting::PostHooks) {
                needs.push(Need::RunAnything(*job));
            }
            needs
        }
        Order::Retry { job, hosts, .. } | Order::Skip { job, hosts, .. } => vec![Need::JobHosts(*job, hosts)],
        Order::Hold { hosts, owner, .. } => vec![Need::Hosts(hosts), Need::HoldName(owner)],
        // By force it ends the holds of all, and says who has done it: the server fills that in.
        Order::Release { hosts, force: true, .. } => vec![Need::Hosts(hosts)],
        Order::Release { hosts, by, .. } => vec![Need::Hosts(hosts), Need::HoldName(by)],
        Order::MarkDown { host } | Order::MarkUp { host, .. } => vec![Need::Hosts(std::slice::from_ref(host))],
        // It counts for hosts that the selector comes to name later, too.
        Order::Freeze { .. } | Order::Thaw { .. } => vec![Need::Namespace(Verb::SteerAll)],
        // The core may get an order before this table does; too much is then asked and not too
        // little.
        _ => vec![Need::Namespace(Verb::Admin)],
    }
}
