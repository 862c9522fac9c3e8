//! The guard: a default limit for hosts without one, since three thousand dead hosts would be three thousand connections at once.

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
        "{hosts} hosts are under no limit: at most {guard} of them run at once; -f N (--max-parallel) changes that, and -f none lifts it"
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
    let Some(hosts) = in_guard(plan).filter(|hosts| *hosts > MANY) else {
        return Ok(());
    };
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
