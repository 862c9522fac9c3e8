//! `pogo run`

use std::sync::Arc;

use pogo_core::dispatcher::{Resolvers, Transport, TransportPool};
use pogo_core::fleet::{Fleet, HostName};
use pogo_core::plan::{ExecOptions, JobSpec, Plan};
use pogo_core::policy::Policy;
use pogo_inventory::merge::Gathered;
use pogo_ssh::{JobInputs, SshTransportBuilder, SshTransports};

use super::connect;
use super::dispatch::{Operator, dispatch};
use super::follow::FollowedSources;
use super::job_args::{checked, folding, spec};
use super::plan::{Met, described};
#[cfg(feature = "store")]
use super::run_kept::run_kept;
use super::workers::runtime_for;
use crate::ask::TerminalPrompter;
use crate::cli::{RunArgs, Targets};
use crate::exit::{CliError, Exit};
use crate::guard;
use crate::report::{self, Screen, WarningRecord};
#[cfg(feature = "store")]
use crate::service::Place;
use crate::submission;

/// A job that is ready to run.
struct PreparedJob {
    targets: Targets,
    gathered: Gathered,
    /// Asked for the plan, and by the dispatcher for what they have not answered yet.
    resolvers: Option<Resolvers>,
    namespace: (Arc<Fleet>, Arc<Policy>),
    /// Hosts that are assumed to be down.
    down: Vec<HostName>,
    spec: JobSpec,
    plan: Plan,
}

pub(crate) fn run(args: &RunArgs) -> Result<Exit, CliError> {
    #[cfg(feature = "store")]
    if let Some(place) = Place::asked(args.job.store.as_ref(), args.job.sources.namespace.as_deref())?
        && !args.dry_run
    {
        return run_kept(args, &place);
    }
    let job = prepare(args)?;
    if args.dry_run {
        let met = Met::of(&args.job, (&job.namespace.0, &job.namespace.1), job.spec)?;
        report::print(&described(&job.plan, &met))?;
        return Ok(Exit::Succeeded);
    }
    guard::confirm(&job.plan, args.yes)?;
    execute(args, job)
}

fn prepare(args: &RunArgs) -> Result<PreparedJob, CliError> {
    let command = checked(args)?;
    let targets = args.job.targets.read()?;
    let gathered = args.job.sources.gather()?;
    let resolvers = args.job.sources.resolvers()?;
    let namespace = submission::namespace(&args.job, &targets, &gathered, resolvers.as_ref())?;
    let down = submission::assumed_down(&args.job, &namespace.0)?;
    let spec = spec(args, &targets, command)?;
    // An invalid job is refused before a password is asked for.
    let plan = Plan::compile(&namespace.0, &namespace.1, &spec).map_err(|error| submission::plan_error(&error))?;
    Ok(PreparedJob {
        targets,
        gathered,
        resolvers,
        namespace,
        down,
        spec,
        plan,
    })
}

/// Refuses what the transport through the ssh program does not support.
fn execute(args: &RunArgs, job: PreparedJob) -> Result<Exit, CliError> {
    let inputs = inputs(args, &job.spec.exec_options)?;
    let follow = FollowedSources::of(args, &job.targets, &job.gathered, &job.namespace)?;
    let screen = super::screen::screen(args.format, args.events.as_deref())?.folding(folding(args.fold, args.format)?);
    let runtime = runtime_for(&job.plan).map_err(CliError::broken)?;
    let terminal = Arc::new(TerminalPrompter::default());
    let builder = {
        let _entered = runtime.enter();
        let builder = connect::builder(&args.ssh, &job.spec.transport_settings, &terminal)?;
        match args.exec_options.ask_sudo_password {
            true => builder.sudo_password(connect::ask("sudo password: ", &terminal)?),
            false => builder,
        }
    };
    let done = runtime.block_on(async {
        let screen = Arc::new(screen);
        terminal.meet(Arc::clone(&screen));
        guard::remark(&job.plan).iter().for_each(|remark| screen.say(remark));
        screen.log(&WarningRecord::lines(&job.gathered)?);
        let transport = transport(builder, &job.spec, inputs, &screen).await?;
        let operator = Operator {
            screen,
            terminal,
            follow,
            resolvers: job.resolvers,
            reason: args.reason.clone(),
            down: job.down,
            stop_grace: args.stop_grace,
        };
        dispatch(job.namespace, job.spec, transport, operator).await
    });
    // Attempts that the operator did not wait for must not hold up the end of the program.
    runtime.shutdown_background();
    TerminalPrompter::leave();
    done
}

/// The transports of jobs; that of this job is made at once, so that its mistakes are usage errors.
async fn transport(
    builder: SshTransportBuilder,
    spec: &JobSpec,
    inputs: JobInputs,
    screen: &Arc<Screen>,
) -> Result<Arc<dyn Transport>, CliError> {
    let shown = Arc::clone(screen);
    let transports = SshTransports::new(builder).on_warning(move |warning| shown.say(warning));
    transports.provide(inputs);
    let pool = TransportPool::new(transports);
    pool.prepare(&spec.transport_settings).await.map_err(CliError::usage)?;
    Ok(Arc::new(pool))
}

/// The inputs of the command, secrets included.
fn inputs(args: &RunArgs, exec_options: &ExecOptions) -> Result<JobInputs, CliError> {
    for name in args.exec_options.exposed() {
        report::remark(&format!(
            "the value of {name} is part of the job, and shows in its log; to keep it secret write --secret-env {name}"
        ));
    }
    let inputs = JobInputs::read(exec_options).map_err(|error| match error.path() {
        Some(path) => args.exec_options.unread(path, &error.to_string()),
        None => CliError::usage(error),
    })?;
    let mut secrets = args.exec_options.secrets().map_err(CliError::usage)?.into_iter();
    Ok(secrets
        .by_ref()
        .fold(inputs, |inputs, (name, value)| inputs.secret(name, value)))
}
