//! From files and arguments to a fleet, a policy and a job.

use std::sync::Arc;

use pogo_core::dispatcher::OrderError;
use pogo_core::fleet::{Fleet, FleetBuilder, HostName};
use pogo_core::plan::{Command, JobSpec, PlanError};
use pogo_core::policy::{JobSettings, Policy};
use pogo_core::scheduler::{ConfigureError, InputError};
use pogo_inventory::Diagnostic;
use pogo_inventory::diagnostic::with_line;
use pogo_inventory::merge::Gathered;

use crate::cli::{JobArgs, LimitArgs, Login, Targets, TimeArgs};
use crate::exit::Stop;
use crate::guard;

/// Why hosts are down that an operator says are.
pub(crate) const ASSUMED_DOWN: &str = "--assume-down";

/// The fleet and policy of what was gathered.
pub(crate) fn namespace(
    args: &JobArgs,
    targets: &Targets,
    gathered: &Gathered,
) -> Result<(Arc<Fleet>, Arc<Policy>), Stop> {
    let policy = args.sources.policy(gathered)?;
    let knows_all = || {
        gathered.fleet.id("all").is_some()
            || gathered
                .fleet
                .tags()
                .any(|tag| gathered.fleet.tag_path(tag).as_str() == "all")
    };
    if args.targets.names_all() && !knows_all() {
        return Err(Stop::usage(
            "no host is called `all`; all hosts of an inventory are the target '*'",
        ));
    }
    let unlisted = args.sources.is_empty() || args.targets.allow_unlisted;
    let mut fleet = Arc::clone(&gathered.fleet);
    let asks = args.sources.asks((&policy, &targets.selector));
    if unlisted || asks || !targets.logins.is_empty() {
        let mut more = FleetBuilder::from(&*fleet);
        if unlisted {
            more = more.unlisted(&targets.selector);
        }
        more = Login::apply(&targets.logins, more).map_err(Stop::usage)?;
        let more = args.sources.answered(more, (&policy, &targets.selector))?;
        fleet = Arc::new(more.build().map_err(Stop::usage)?);
    }
    let policy = guard::guarded(policy, &fleet, (&targets.selector, &args.limits));
    Ok((fleet, Arc::new(policy)))
}

/// The hosts of a fleet that are assumed to be down.
pub(crate) fn assumed_down(args: &JobArgs, fleet: &Fleet) -> Result<Vec<HostName>, Stop> {
    let Some(down) = &args.limits.assume_down else {
        return Ok(vec![]);
    };
    let hosts = fleet.resolve(down).map_err(Stop::usage)?;
    Ok(hosts.into_iter().map(|host| fleet.name(host).clone()).collect())
}

/// The job that the arguments ask for.
pub(crate) fn job(args: &JobArgs, targets: &Targets, command: Command) -> JobSpec {
    let (limits, times) = (&args.limits, &args.times);
    let mut spec = JobSpec::new(targets.selector.clone(), command)
        .settings(settings(limits, times))
        .waves(limits.waves.iter().copied())
        .order(limits.order.into())
        .seed(limits.job_seed)
        .expected(limits.expected.iter().map(|expected| expected.0.clone()));
    spec.override_constraints.clone_from(&limits.override_constraints);
    spec
}

/// The settings that the arguments give; hooks are those of `run`.
fn settings(limits: &LimitArgs, times: &TimeArgs) -> JobSettings {
    let mut settings = JobSettings::new();
    settings.attempt_timeout = times.timeout;
    settings.slow_after = times.slow_after;
    settings.job_timeout = times.job_timeout;
    settings.retries = times.retries;
    settings.connect_retries = times.retries;
    settings.retry_delay = times.retry_delay;
    settings.retry_backoff = times.retry_backoff;
    settings.settle = limits.settle;
    settings.max_failures = limits.max_failures;
    settings.on_doubt = limits.on_doubt.map(Into::into);
    settings.max_parallel = limits.job_limit();
    settings.bake = limits.bake;
    settings.gate = limits.gate.map(Into::into);
    settings.allow_failures = limits.allow_failures;
    settings.priority = limits.priority;
    settings
}

/// The job of a plan or a simulation, which runs nothing.
pub(crate) fn imagined_job(args: &JobArgs, targets: &Targets) -> JobSpec {
    job(args, targets, Command::shell("true"))
}

/// A policy that does not fit its hosts: each problem with the line it is in.
pub(crate) fn refused(error: &PlanError) -> Stop {
    let PlanError::Policy { problems } = error else {
        return Stop::usage(error);
    };
    let shown: Vec<String> = problems
        .iter()
        .map(|problem| match &problem.origin {
            Some(origin) => {
                let problem = Diagnostic::at(origin, problem.message.as_str());
                with_line(problem).to_string()
            }
            None => problem.to_string(),
        })
        .collect();
    Stop::usage(shown.join("\n"))
}

/// What the scheduler does not take on.
pub(crate) fn not_taken(error: &InputError) -> Stop {
    match error {
        InputError::Plan(error) | InputError::Configure(ConfigureError::Plan(error)) => refused(error),
        other => Stop::usage(other),
    }
}

/// What the dispatcher does not take on.
pub(crate) fn not_ordered(error: &OrderError) -> Stop {
    match error {
        OrderError::Refused(error) => not_taken(error),
        other => Stop::broken(other),
    }
}
