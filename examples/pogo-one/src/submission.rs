//! Builds fleet, policy and job from the arguments, and converts errors of submitting them.

use std::sync::Arc;

use pogo_core::dispatcher::{Clock, OrderError, Resolvers, SystemClock};
use pogo_core::fleet::{Fleet, HostName};
use pogo_core::plan::{JobSpec, PlanError, RemoteCommand};
use pogo_core::policy::{JobSettings, Policy};
use pogo_core::scheduler::{Command, ConfigureError, InputError, Order, Scheduler};
use pogo_core::sim::World;
use pogo_inventory::Diagnostic;
use pogo_inventory::diagnostic::with_line;
use pogo_inventory::merge::Gathered;

use crate::cli::{JobArgs, LimitArgs, Targets, TimeArgs};
use crate::exit::CliError;
use crate::guard;
#[cfg(feature = "store")]
use crate::service::{NewConfiguration, Place, known_configuration};
use crate::sources::answered;
use crate::unlisted::more_hosts;

/// The reason in the log for hosts of `--assume-down`.
pub(crate) const ASSUMED_DOWN: &str = "--assume-down";

/// The order to run a job, for this reason.
pub(crate) fn order(spec: JobSpec, reason: Option<&str>) -> Command {
    let order = Order::submit(spec);
    match reason {
        Some(reason) => order.because(reason),
        None => order.into(),
    }
}

/// The fleet and the policy of the gathered sources and the arguments. Whoever goes on with them keeps the resolvers,
/// which remember what they answered.
pub(crate) fn namespace(
    args: &JobArgs,
    targets: &Targets,
    gathered: &Gathered,
    resolvers: Option<&Resolvers>,
) -> Result<Namespace, CliError> {
    let (fleet, policy) = match in_force(args, targets)? {
        Some(in_force) => in_force,
        None => unguarded_namespace(args, targets, gathered, resolvers)?,
    };
    let policy = guard::guarded(Arc::unwrap_or_clone(policy), &fleet, (&targets.selector, &args.limits));
    Ok((fleet, Arc::new(policy)))
}

/// A fleet and a policy that go together.
type Namespace = (Arc<Fleet>, Arc<Policy>);

/// What the namespace of a store goes by, where no source is named and there is such a namespace.
#[cfg(feature = "store")]
fn in_force(args: &JobArgs, targets: &Targets) -> Result<Option<Namespace>, CliError> {
    if !args.sources.is_empty() {
        return Ok(None);
    }
    let place = Place::asked(args.store.as_ref(), args.sources.namespace.as_deref())?;
    let Some(known) = place.as_ref().map(known_configuration).transpose()?.flatten() else {
        return Ok(None);
    };
    let in_force = NewConfiguration::in_force(&known, targets, args.targets.allow_unlisted)?;
    Ok(Some((in_force.fleet, in_force.policy)))
}

#[cfg(not(feature = "store"))]
#[allow(clippy::unnecessary_wraps, reason = "as in a build with a store")]
fn in_force(_: &JobArgs, _: &Targets) -> Result<Option<Namespace>, CliError> {
    Ok(None)
}

/// The world that a job is planned and simulated in: the namespace of the store as it is now, with this fleet and this
/// policy; without a store an empty one.
pub(crate) fn world(args: &JobArgs, namespace: (&Arc<Fleet>, &Arc<Policy>)) -> Result<World, CliError> {
    if let Some(world) = world_now(args, namespace)? {
        return Ok(world);
    }
    let (fleet, policy) = namespace;
    World::new(Arc::clone(fleet), Arc::clone(policy)).map_err(|error| input_error(&error))
}

/// The namespace of the store as it is now, with this fleet and this policy, if there is such a namespace.
pub(crate) fn world_now(
    args: &JobArgs,
    (fleet, policy): (&Arc<Fleet>, &Arc<Policy>),
) -> Result<Option<World>, CliError> {
    let Some(now) = namespace_now(args)? else {
        return Ok(None);
    };
    let world = World::of(now, SystemClock.now()).configured(Arc::clone(fleet), Arc::clone(policy));
    world.map(Some).map_err(|error| {
        CliError::usage(format!(
            "{}; --store none leaves out the jobs of the store",
            input_error(&error)
        ))
    })
}

/// The namespace of the store as it is, if there is such a namespace.
#[cfg(feature = "store")]
fn namespace_now(args: &JobArgs) -> Result<Option<Scheduler>, CliError> {
    let place = Place::asked(args.store.as_ref(), args.sources.namespace.as_deref())?;
    Ok(place.as_ref().map(crate::service::namespace_now).transpose()?.flatten())
}

#[cfg(not(feature = "store"))]
#[allow(clippy::unnecessary_wraps, reason = "as in a build with a store")]
fn namespace_now(_: &JobArgs) -> Result<Option<Scheduler>, CliError> {
    Ok(None)
}

/// The fleet and the policy to go by, without a limit for hosts that have none.
pub(crate) fn unguarded_namespace(
    args: &JobArgs,
    targets: &Targets,
    gathered: &Gathered,
    resolvers: Option<&Resolvers>,
) -> Result<Namespace, CliError> {
    let policy = args.sources.policy(gathered)?;
    let knows_all = || {
        gathered.fleet.id("all").is_some()
            || gathered
                .fleet
                .tags()
                .any(|tag| gathered.fleet.tag_path(tag).as_str() == "all")
    };
    if args.targets.names_all() && !knows_all() {
        return Err(CliError::usage(
            "no host is called `all`; all hosts of an inventory are the target '*'",
        ));
    }
    let unlisted = args.sources.is_empty() || args.targets.allow_unlisted;
    let mut fleet = Arc::clone(&gathered.fleet);
    if unlisted || resolvers.is_some() || !targets.logins.is_empty() {
        let more = more_hosts(&fleet, targets, unlisted)?;
        let more = answered(resolvers, more, (&policy, &targets.selector))?;
        fleet = Arc::new(more.build().map_err(CliError::usage)?);
    }
    Ok((fleet, Arc::new(policy)))
}

/// The hosts of a fleet that are assumed to be down.
pub(crate) fn assumed_down(args: &JobArgs, fleet: &Fleet) -> Result<Vec<HostName>, CliError> {
    let Some(down) = &args.limits.assume_down else {
        return Ok(vec![]);
    };
    let hosts = fleet.resolve(down).map_err(CliError::usage)?;
    Ok(hosts.into_iter().map(|host| fleet.name(host).clone()).collect())
}

/// The job of the arguments.
pub(crate) fn job(args: &JobArgs, targets: &Targets, command: RemoteCommand) -> JobSpec {
    let (limits, times) = (&args.limits, &args.times);
    let mut spec = JobSpec::new(targets.selector.clone(), command)
        .settings(settings(limits, times))
        .waves(limits.waves.iter().copied())
        .order(limits.order.into())
        .seed(limits.job_seed)
        .expected(limits.expected.iter().map(|expected| expected.0.clone()));
    spec.override_constraints.clone_from(&limits.override_constraints);
    spec.under_hold.clone_from(&limits.under_hold);
    spec
}

/// The settings of the arguments; hooks are those of `run`.
fn settings(limits: &LimitArgs, times: &TimeArgs) -> JobSettings {
    let mut settings = JobSettings::new();
    settings.attempt_timeout = times.timeout;
    settings.slow_after = times.slow_after;
    settings.job_timeout = times.job_timeout;
    settings.retries = times.retries;
    settings.connect_retries = times.retries;
    settings.retry_delay = times.retry_delay;
    settings.retry_backoff = times.retry_backoff;
    settings.leave_after = times.leave_after;
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
    job(args, targets, RemoteCommand::shell("true"))
}

/// The error of a plan: each problem of a policy with its line.
pub(crate) fn plan_error(error: &PlanError) -> CliError {
    let PlanError::Policy { problems } = error else {
        return CliError::usage(error);
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
    CliError::usage(shown.join("\n"))
}

/// The error of an input that the scheduler refuses.
pub(crate) fn input_error(error: &InputError) -> CliError {
    match error {
        InputError::Plan(error) | InputError::Configure(ConfigureError::Plan(error)) => plan_error(error),
        other => CliError::usage(other),
    }
}

/// The error of an order that the dispatcher refuses.
pub(crate) fn order_error(error: &OrderError) -> CliError {
    match error {
        OrderError::Refused(error) => input_error(error),
        OrderError::Resolvers(error) => CliError::usage(error),
        other => CliError::broken(other),
    }
}
