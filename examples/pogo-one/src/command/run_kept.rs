//! `pogo run` where a store keeps the job: the store's dispatcher runs it, and this program follows.

use std::sync::Arc;

use pogo_api::wire::{Configuration, Secrets};
use pogo_api::{Condition, NamespaceClient, Revision};
use pogo_core::dispatcher::TransportFactory;
use pogo_core::fleet::HostName;
use pogo_core::plan::{JobSpec, Plan, TransportSettings};
use pogo_core::policy::Limit;
use pogo_core::scheduler::{JobId, Order, Query, RequestId};
use pogo_core::stream::StreamId;
use pogo_inventory::merge::Gathered;
use pogo_ssh::{SshTransport, SshTransports};

use super::connect;
use super::follow::{FollowedSources, sources};
use super::job_args::{checked, folding, has_secrets, spec};
use super::kept_inputs::inputs;
use super::run_on_server::{for_server, send_inputs};
use super::stop::StopSignals;
use super::watched::{WatchedNamespace, refuse_unwatchable};
use crate::actor::account;
use crate::ask::{CliPrompter, TerminalPrompter};
use crate::cli::{RunArgs, SshArgs, Targets, new_name};
use crate::exit::{CliError, Exit};
use crate::guard;
use crate::report::{self, Screen, WarningRecord};
use crate::service::{
    FollowedJob, KeptInput, NewConfiguration, Person, Place, SECRETS_SETTING, Server, client_error, configure,
    connect as connect_to, find, follow, is_changed,
};
use crate::store::NotServed;
use crate::submission::{self, ASSUMED_DOWN};

/// A job that can be submitted.
struct KeptJob {
    configuration: NewConfiguration,
    down: Vec<HostName>,
    spec: JobSpec,
    plan: Plan,
    /// Its limit, where it has one only because some of its hosts have none.
    guard: Option<Limit>,
}

pub(super) fn run_kept(args: &RunArgs, place: &Place) -> Result<Exit, CliError> {
    let command = checked(args)?;
    refuse_unwatchable(args)?;
    let targets = args.job.targets.read()?;
    let mut gathered = args.job.sources.gather()?;
    // Whoever asks about a host later wants to know where it is written.
    gathered.fleet = gathered.fleet_with_origins();
    let given = spec(args, &targets, command)?;
    let (spec, kept) = match place.server() {
        Some(server) => (for_server(server, args, given)?, vec![]),
        None => inputs(args, place, given)?,
    };
    let mut runtime = match may_dispatch(args, place) {
        true => tokio::runtime::Builder::new_multi_thread(),
        // Whoever only follows has no work for two threads, which would wake each other up.
        false => tokio::runtime::Builder::new_current_thread(),
    };
    let runtime = runtime.enable_all().build().map_err(CliError::broken)?;
    let done = runtime.block_on(async {
        let (client, here) = dispatcher(args, place).await?;
        let done = with_dispatcher(args, (place, client), (targets, gathered, spec), kept).await;
        match here {
            // What is left to do is done, or goes on with the next dispatcher.
            Some(server) => server.stop(args.stop_grace).await.and(done),
            None => done,
        }
    });
    runtime.shutdown_background();
    done
}

/// The kernel ends what is left of a container with its first process.
const ENDS_WITH_CONTAINER: &str = "this is the first process of a container, which ends with it, and so does a \
                                   dispatcher in it: leave out -d, or run `pogo serve` there";

/// Whether this process dispatches where no other does.
fn may_dispatch(args: &RunArgs, place: &Place) -> bool {
    let is_ci = std::env::var_os("CI").is_some_and(|value| value == "true");
    (args.foreground || is_ci) && !args.detach && place.server().is_none()
}

/// The dispatcher of the namespace: the one that has it, one in this process, or one that is started.
async fn dispatcher(args: &RunArgs, place: &Place) -> Result<(NamespaceClient, Option<Server>), CliError> {
    if !may_dispatch(args, place) {
        return Ok((connect_to(place).await?, None));
    }
    if let Some(client) = find(place).await? {
        return Ok((client, None));
    }
    match Server::start(place).await {
        Ok(server) => match find(place).await? {
            Some(client) => Ok((client, Some(server))),
            None => Err(CliError::broken("the dispatcher of this process does not answer")),
        },
        // Somebody was faster.
        Err(NotServed::Held(_) | NotServed::Elsewhere(_)) => Ok((connect_to(place).await?, None)),
        Err(NotServed::Other(error)) => Err(error),
    }
}

async fn with_dispatcher(
    args: &RunArgs,
    (place, client): (&Place, NamespaceClient),
    (targets, gathered, mut spec): (Targets, Gathered, JobSpec),
    kept: Vec<KeptInput>,
) -> Result<Exit, CliError> {
    if place.server().is_some() {
        spec = send_inputs(&client, args, spec).await?;
    }
    let id = new_name();
    let has_secrets = has_secrets(args);
    let settings = spec.transport_settings.clone();
    if has_secrets {
        spec.transport_settings = spec.transport_settings.set(SECRETS_SETTING, &id);
    }
    let (known, revision) = client.configuration_revision().await.map_err(client_error)?;
    let job = confirmed(args, &known, (&targets, &gathered, &spec))?;
    // An invalid job is refused before a password is asked for.
    let secrets = has_secrets.then(|| secrets(args, &id)).transpose()?;
    let screen = screen(args, &gathered)?;
    let person = person(&args.ssh, &screen)?;
    if place.server().is_none() {
        check_transport(&settings, secrets.as_ref(), &person, &screen).await?;
    }
    let mut signals = StopSignals::listen().map_err(CliError::broken)?;
    if let Some(secrets) = &secrets {
        client.give_secrets(secrets).await.map_err(client_error)?;
    }
    let given = (args, &targets, &gathered, &spec);
    let submitted = submit(&client, given, (job, known, revision), &screen).await?;
    kept.into_iter().for_each(KeptInput::keep);
    if args.detach {
        report::print(&format!("{}\n", submitted.number.number()))?;
        if std::process::id() == 1 && place.server().is_none() {
            report::remark(ENDS_WITH_CONTAINER);
        }
        return Ok(Exit::Succeeded);
    }
    let number = submitted.number;
    let in_force = &submitted.configuration;
    let in_force = (Arc::clone(&in_force.fleet), Arc::clone(&in_force.policy));
    let watched = FollowedSources::of(args, &targets, &gathered, &in_force)?;
    let namespace = WatchedNamespace::new(
        client.clone(),
        (submitted.revision.clone(), submitted.configuration.clone()),
    );
    let followed = FollowedJob::submitted(place, client, (number, submitted.after))
        .configured(submitted.configuration.fleet, submitted.configuration.policy)
        .secrets(secrets)
        .person(person)
        // Lines that are typed answer what is asked about the inventory.
        .keys(watched.is_none());
    let exit = tokio::select! {
        exit = follow(followed, &screen, &mut signals) => exit,
        () = sources(watched, &namespace, &screen) => Ok(Exit::Left),
    };
    let shown = screen.finish();
    let exit = exit?;
    shown?;
    TerminalPrompter::leave();
    next_commands(number, exit, &screen);
    Ok(exit)
}

/// The job under what is in force, once a person has agreed to it where that is needed.
fn confirmed(
    args: &RunArgs,
    known: &Configuration,
    given: (&Targets, &Gathered, &JobSpec),
) -> Result<KeptJob, CliError> {
    let job = prepare(args, known, given)?;
    if let Some(limit) = job.guard {
        report::remark(&guard::job_remark(limit));
    }
    guard::confirm_job(&job.plan, job.guard.is_some(), args.yes)?;
    Ok(job)
}

fn screen(args: &RunArgs, gathered: &Gathered) -> Result<Arc<Screen>, CliError> {
    let screen = super::screen::screen(args.format, args.events.as_deref())?.of_kept_job();
    let screen = Arc::new(screen.folding(folding(args.fold, args.format)?));
    screen.watched_by(&account());
    screen.log(&WarningRecord::lines(gathered)?);
    Ok(screen)
}

/// A job that was submitted.
struct Submitted {
    number: JobId,
    /// Where the stream stood before.
    after: StreamId,
    configuration: NewConfiguration,
    /// What is in force since.
    revision: Revision,
}

/// How often fleet and policy may be changed by others while a job is submitted.
const TRIES: usize = 50;

/// Submits a job under the fleet and the policy that it was prepared for. Where others change these meanwhile, it is
/// prepared anew.
async fn submit(
    client: &NamespaceClient,
    (args, targets, gathered, spec): (&RunArgs, &Targets, &Gathered, &JobSpec),
    (mut job, mut known, mut revision): (KeptJob, Configuration, Revision),
    screen: &Screen,
) -> Result<Submitted, CliError> {
    // However often it has to be sent, it is carried out once.
    let request = RequestId::new(new_name()).map_err(CliError::broken)?;
    let mut is_marked = false;
    for _ in 0..TRIES {
        if let Some(revision) = configure(client, (&known, revision), &job.configuration).await? {
            if !std::mem::replace(&mut is_marked, true) {
                mark_down(client, &job.down, screen).await?;
            }
            let after = position(client).await?;
            let condition = Condition::new().revision(revision.clone());
            let order = submission::order(job.spec.clone(), args.reason.as_deref()).as_request(request.clone());
            match client.execute_if(condition, order).await {
                Ok(answer) => {
                    let number = answer
                        .job()
                        .ok_or_else(|| CliError::broken("a submission has no number"))?;
                    let configuration = job.configuration;
                    return Ok(Submitted {
                        number,
                        after,
                        configuration,
                        revision,
                    });
                }
                Err(error) if is_changed(&error) => {}
                Err(error) => return Err(client_error(error)),
            }
        }
        (known, revision) = client.configuration_revision().await.map_err(client_error)?;
        job = prepare(args, &known, (targets, gathered, spec))?;
    }
    Err(CliError::Unreachable(
        "others change the hosts and rules of this namespace all the time; nothing was submitted, try again".to_owned(),
    ))
}

async fn mark_down(client: &NamespaceClient, hosts: &[HostName], screen: &Screen) -> Result<(), CliError> {
    for host in hosts {
        let order = Order::MarkDown { host: host.clone() }.because(ASSUMED_DOWN);
        client.execute(order).await.map_err(client_error)?;
        screen.say(&format!("{host} is marked down, until `pogo mark up {host}`"));
    }
    Ok(())
}

/// Who answers what keys and hosts ask.
fn person(args: &SshArgs, screen: &Arc<Screen>) -> Result<Person, CliError> {
    let terminal = Arc::new(TerminalPrompter::default());
    terminal.meet(Arc::clone(screen));
    let prompter = CliPrompter::new(connect::passphrase(args)?, args.askpass.clone(), Arc::clone(&terminal));
    Ok(Person {
        prompter: Arc::new(prompter),
        terminal,
    })
}

/// Makes the transport of the job here, as its dispatcher will, so that a key file that cannot be read is found before
/// anything is submitted.
async fn check_transport(
    settings: &TransportSettings,
    secrets: Option<&Secrets>,
    person: &Person,
    screen: &Arc<Screen>,
) -> Result<(), CliError> {
    let mut builder = SshTransport::builder().prompter(Arc::clone(&person.prompter));
    if let Some(password) = secrets.and_then(|secrets| secrets.password.clone()) {
        builder = builder.password(password);
    }
    let shown = Arc::clone(screen);
    let transports = SshTransports::new(builder).on_warning(move |warning| shown.say(warning));
    transports.make(settings).await.map(drop).map_err(CliError::usage)
}

/// Says what to type next, where not all is well.
pub(super) fn next_commands(job: JobId, exit: Exit, screen: &Screen) {
    let job = job.number();
    match exit {
        Exit::Failed => screen.say(&format!(
            "see what they said: pogo logs {job} --failed -b\ntry them again:     pogo retry {job} --failed"
        )),
        Exit::Blocked => screen.say(&format!("see what holds it back: pogo status {job}")),
        _ => {}
    }
}

/// Where the stream of the namespace stands.
async fn position(client: &NamespaceClient) -> Result<StreamId, CliError> {
    let answer = client.view(&Query::Namespace).await.map_err(client_error)?;
    Ok(answer.as_of)
}

fn prepare(
    args: &RunArgs,
    known: &Configuration,
    (targets, gathered, spec): (&Targets, &Gathered, &JobSpec),
) -> Result<KeptJob, CliError> {
    let configuration = match args.job.sources.is_empty() {
        true => NewConfiguration::in_force(known, targets, args.job.targets.allow_unlisted)?,
        false => {
            let resolvers = args.job.sources.resolvers()?;
            let (fleet, policy) = submission::unguarded_namespace(&args.job, targets, gathered, resolvers.as_ref())?;
            NewConfiguration { fleet, policy }
        }
    };
    let NewConfiguration { fleet, policy } = &configuration;
    let mut spec = spec.clone();
    let down = submission::assumed_down(&args.job, fleet)?;
    let guard = guard::job_limit(policy, fleet, (&spec.targets, &args.job.limits));
    if let Some(limit) = guard {
        spec.settings.max_parallel = Some(limit);
    }
    let plan = Plan::compile(fleet, policy, &spec).map_err(|error| submission::plan_error(&error))?;
    Ok(KeptJob {
        configuration,
        down,
        spec,
        plan,
        guard,
    })
}

/// The secrets of the job: read from files and variables, or typed.
fn secrets(args: &RunArgs, id: &str) -> Result<Secrets, CliError> {
    let terminal = Arc::new(TerminalPrompter::default());
    let mut secrets = Secrets::new(id);
    secrets.password = connect::password(&args.ssh, &terminal)?;
    secrets.passphrase = connect::passphrase(&args.ssh)?;
    if args.exec_options.ask_sudo_password {
        secrets.sudo_password = Some(connect::ask("sudo password: ", &terminal)?);
    }
    secrets.environment = args
        .exec_options
        .secrets()
        .map_err(CliError::usage)?
        .into_iter()
        .collect();
    Ok(secrets)
}
