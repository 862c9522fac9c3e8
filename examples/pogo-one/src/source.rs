//! From files and arguments to a fleet, a policy and a job.

use std::sync::Arc;

use pogo_core::dispatcher::OrderError;
use pogo_core::fleet::{Fleet, FleetBuilder};
use pogo_core::plan::{Command, JobSpec, PlanError};
use pogo_core::policy::Policy;
use pogo_core::scheduler::{ConfigureError, InputError};
use pogo_inventory::Diagnostic;
use pogo_inventory::merge::Gathered;

use crate::cli::JobArgs;
use crate::exit::Stop;

/// The fleet and policy of what was gathered.
pub(crate) fn namespace(args: &JobArgs, gathered: &Gathered) -> Result<(Arc<Fleet>, Arc<Policy>), Stop> {
    let policy = args.sources.policy(gathered)?;
    let unlisted = args.sources.is_empty() || args.allow_unlisted;
    let mut fleet = Arc::clone(&gathered.fleet);
    if unlisted || args.sources.asks((&policy, &args.targets)) {
        let mut more = FleetBuilder::from(&*fleet);
        if unlisted {
            more = more.unlisted(&args.targets);
        }
        let more = args.sources.answered(more, (&policy, &args.targets))?;
        fleet = Arc::new(more.build().map_err(Stop::usage)?);
    }
    Ok((fleet, Arc::new(policy)))
}

/// The job that the arguments ask for.
pub(crate) fn job(args: &JobArgs, command: Command) -> JobSpec {
    let mut spec = JobSpec::new(args.targets.clone(), command);
    spec.attempt_timeout = args.timeout;
    spec.slow_after = args.slow_after;
    spec.job_timeout = args.job_timeout;
    spec.retries = args.retries;
    spec.connect_retries = args.retries;
    spec.retry_delay = args.retry_delay;
    spec.max_parallel = args.max_parallel;
    spec.max_failures = args.max_failures;
    spec.waves.clone_from(&args.waves);
    spec.bake = args.bake;
    spec.allow_failures = args.allow_failures.unwrap_or_default();
    spec
}

/// The job of a plan or a simulation, which runs nothing.
pub(crate) fn imagined_job(args: &JobArgs) -> JobSpec {
    job(args, Command::shell("true"))
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
                problem.with_line().to_string()
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
