//! The guard: a default limit for hosts without one, since three thousand dead hosts would be three thousand
//! connections at once.

use std::io::{self, IsTerminal};

use pogo_core::fleet::{Fleet, Selector};
use pogo_core::plan::{Plan, Rules};
use pogo_core::policy::{Limit, Policy};

use crate::cli::LimitArgs;
use crate::exit::CliError;
use crate::report;

/// Runs on more such hosts than this need a confirmation.
const MANY: u32 = 100;

/// Adds the guard to the policy, if more targets are without a limit than it allows and no `--max-parallel` is given.
pub(crate) fn guarded(policy: Policy, fleet: &Fleet, (targets, args): (&Selector, &LimitArgs)) -> Policy {
    let Limit::Count(at_once) = Policy::GUARD else {
        return policy;
    };
    if args.max_parallel.is_some() || without_limit(&policy, fleet, targets) <= at_once as usize {
        return policy;
    }
    policy.guarded(Policy::GUARD)
}

/// The limit of a job that a store keeps, if more of its hosts are without one than the guard allows and no
/// `--max-parallel` is given. It is the job's own, since the rules of a namespace are not one job's to change.
#[cfg(feature = "store")]
pub(crate) fn job_limit(policy: &Policy, fleet: &Fleet, (targets, args): (&Selector, &LimitArgs)) -> Option<Limit> {
    let Limit::Count(at_once) = Policy::GUARD else {
        return None;
    };
    let is_free = args.max_parallel.is_none() && without_limit(policy, fleet, targets) > at_once as usize;
    is_free.then_some(Policy::GUARD)
}

/// The remark about that limit.
#[cfg(feature = "store")]
pub(crate) fn job_remark(limit: Limit) -> String {
    format!(
        "hosts of this job are under no limit: at most {limit} of its hosts run at once; -f N (--max-parallel) changes \
         that, and -f none lifts it"
    )
}

/// The number of targets without a limit. A plan that does not compile is refused later.
fn without_limit(policy: &Policy, fleet: &Fleet, targets: &Selector) -> usize {
    let (Ok(rules), Ok(hosts)) = (Rules::compile(fleet, policy), fleet.resolve(targets)) else {
        return 0;
    };
    hosts.iter().filter(|host| rules.buckets_of(**host).is_empty()).count()
}

/// The number of a job's hosts under the guard.
fn in_guard(plan: &Plan) -> Option<u32> {
    let guard = plan.buckets.iter().find(|planned| report::is_guard(&planned.bucket))?;
    (plan.job.override_constraints.is_none()).then_some(guard.in_job)
}

/// The remark about the guard, if it applies.
pub(crate) fn remark(plan: &Plan) -> Option<String> {
    let hosts = in_guard(plan)?;
    let guard = Policy::GUARD;
    Some(format!(
        "{hosts} hosts are under no limit: at most {guard} of them run at once; -f N (--max-parallel) changes that, \
         and -f none lifts it"
    ))
}

/// The plan, with the remark about the guard.
pub(crate) fn described(plan: &Plan) -> String {
    let Some(remark) = remark(plan) else {
        return plan.to_string();
    };
    let mut plan = plan.clone();
    for planned in &mut plan.buckets {
        planned.bucket.group = report::label(&planned.bucket);
    }
    format!("{plan}\n{remark}\n")
}

/// Asks for confirmation of a large job, if there is a terminal.
pub(crate) fn confirm(plan: &Plan, yes: bool) -> Result<(), CliError> {
    match in_guard(plan) {
        Some(hosts) => confirm_hosts(hosts, yes),
        None => Ok(()),
    }
}

/// As [`confirm`], of a job with a [limit of its own](job_limit).
#[cfg(feature = "store")]
pub(crate) fn confirm_job(plan: &Plan, guarded: bool, yes: bool) -> Result<(), CliError> {
    match guarded {
        true => confirm_hosts(u32::try_from(plan.hosts.len()).unwrap_or(u32::MAX), yes),
        false => Ok(()),
    }
}

fn confirm_hosts(hosts: u32, yes: bool) -> Result<(), CliError> {
    if hosts <= MANY {
        return Ok(());
    }
    if yes || !io::stdin().is_terminal() || !io::stderr().is_terminal() {
        return Ok(());
    }
    let at_once = Policy::GUARD;
    report::prompt(&format!(
        "{hosts} hosts are under no limit, {at_once} of them at once: run on all? (y/N; -y answers) "
    ));
    let mut answer = String::new();
    io::stdin()
        .read_line(&mut answer)
        .map_err(|error| CliError::usage(format!("cannot ask whether to run: {error}; -y answers")))?;
    match answer.trim().to_lowercase().as_str() {
        "y" | "yes" => Ok(()),
        _ => Err(CliError::Usage("nothing was run".to_owned())),
    }
}
