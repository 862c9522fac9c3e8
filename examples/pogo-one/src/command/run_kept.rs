//! `pogo run` where a store keeps the job: the store's dispatcher runs it, and this program follows.

use std::io::Read;
use std::os::unix::fs::FileTypeExt;
use std::sync::Arc;

use pogo_api::wire::{Configuration, Secrets};
use pogo_api::{Condition, NamespaceClient, Revision};
use pogo_core::dispatcher::TransportFactory;
use pogo_core::fleet::HostName;
use pogo_core::plan::{JobSpec, Plan, Stdin, TransportSettings};
use pogo_core::policy::Limit;
use pogo_core::scheduler::{Command, JobId, Order, Query, RequestId};
use pogo_core::stream::StreamId;
use pogo_inventory::merge::Gathered;
use pogo_ssh::{SshTransport, SshTransports};

use super::connect;
use super::run::{checked, folding, spec};
use super::stop::StopSignals;
use crate::actor::account;
use crate::ask::{CliPrompter, TerminalPrompter};
use crate::cli::{RunArgs, SshArgs, Targets, new_name};
use crate::exit::{CliError, Exit};
use crate::guard;
use crate::report::{self, Screen, WarningRecord};
use crate::service::{
    FollowedJob, NewConfiguration, NotServed, Person, Place, SECRETS_SETTING, Server, client_error, configure,
    connect as connect_to, find, follow, is_changed,
};
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
    refuse_what_needs_this_process(args)?;
    let targets = args.job.targets.read()?;
    let gathered = args.job.sources.gather()?;
    let spec = inputs(args, spec(args, &targets, command)?)?;
    let runtime = tokio::runtime::Runtime::new().map_err(CliError::broken)?;
    let done = runtime.block_on(async {
        let (client, here) = dispatcher(args, place).await?;
        let done = with_dispatcher(args, (place, client), (targets, gathered, spec)).await;
        match here {
            // What is left to do is done, or goes on with the next dispatcher.
            Some(server) => server.stop(args.stop_grace).await.and(done),
            None => done,
        }
    });
    runtime.shutdown_background();
    done
}

/// The dispatcher of the namespace: the one that has it, one in this process, or one that is started.
async fn dispatcher(args: &RunArgs, place: &Place) -> Result<(NamespaceClient, Option<Server>), CliError> {
    let is_ci = std::env::var_os("CI").is_some_and(|value| value == "true");
    if !(args.foreground || is_ci) || args.detach {
        return Ok((connect_to(place).await?, None));
    }
    if let Some(client) = find(place).await? {
        return Ok((client, None));
    }
    match Server::start(place, false, None).await {
        Ok(server) => match find(place).await? {
            Some(client) => Ok((client, Some(server))),
            None => Err(CliError::broken("the dispatcher of this process does not answer")),
        },
        // Somebody was faster.
        Err(NotServed::Held(_)) => Ok((connect_to(place).await?, None)),
        Err(NotServed::Other(error)) => Err(error),
    }
}

async fn with_dispatcher(
    args: &RunArgs,
    (place, client): (&Place, NamespaceClient),
    (targets, gathered, mut spec): (Targets, Gathered, JobSpec),
) -> Result<Exit, CliError> {
    let id = new_name();
    let has_secrets = has_secrets(args);
    let settings = spec.transport_settings.clone();
    if has_secrets {
        spec.transport_settings = spec.transport_settings.set(SECRETS_SETTING, &id);
    }
    let (known, revision) = client.configuration_revision().await.map_err(client_error)?;
    let job = prepare(args, &known, (&targets, &gathered, &spec))?;
    if let Some(limit) = job.guard {
        report::remark(&guard::job_remark(limit));
    }
    guard::confirm_job(&job.plan, job.guard.is_some(), args.yes)?;
    // An invalid job is refused before a password is asked for.
    let secrets = has_secrets.then(|| secrets(args, &id)).transpose()?;
    let screen = super::screen(args.format, args.events.as_deref(), args.verbosity)?.of_kept_job();
    let screen = Arc::new(screen.folding(folding(args.fold, args.format)?));
    screen.watched_by(&account());
    screen.log(&WarningRecord::lines(&gathered)?);
    let person = person(&args.ssh, &screen)?;
    check_transport(&settings, secrets.as_ref(), &person, &screen).await?;
    let mut signals = StopSignals::listen().map_err(CliError::broken)?;
    if let Some(secrets) = &secrets {
        client.give_secrets(secrets).await.map_err(client_error)?;
    }
    let given = (args, &targets, &gathered, &spec);
    let submitted = submit(&client, given, (job, known, revision), &screen).await?;
    if args.detach {
        report::print(&format!("{}\n", submitted.number.number()))?;
        return Ok(Exit::Succeeded);
    }
    let Submitted {
        number,
        after,
        configuration,
    } = submitted;
    let followed = FollowedJob::submitted(place, client, (number, after))
        .configured(configuration.fleet, configuration.policy)
        .secrets(secrets)
        .person(person);
    let exit = follow(followed, &screen, &mut signals).await;
    let shown = screen.finish();
    let exit = exit?;
    shown?;
    TerminalPrompter::leave();
    next_commands(number, exit, &screen);
    Ok(exit)
}

/// A job that was submitted.
struct Submitted {
    number: JobId,
    /// Where the stream stood before.
    after: StreamId,
    configuration: NewConfiguration,
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
            let condition = Condition::new().revision(revision);
            let order = Command::new(Order::submit(job.spec.clone())).as_request(request.clone());
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
fn next_commands(job: JobId, exit: Exit, screen: &Screen) {
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

fn has_secrets(args: &RunArgs) -> bool {
    let (ssh, exec_options) = (&args.ssh, &args.exec_options);
    let passwords = ssh.ask_password || ssh.password_file.is_some() || exec_options.ask_sudo_password;
    passwords || ssh.passphrase_file.is_some() || !exec_options.secret_env.is_empty()
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

/// The most of standard input that a job takes along.
const STDIN_BYTES: usize = 256 << 10;

/// The job, whose files and agent another process finds: paths are absolute, and standard input is part of the job.
fn inputs(args: &RunArgs, mut spec: JobSpec) -> Result<JobSpec, CliError> {
    for name in args.exec_options.exposed() {
        report::remark(&format!(
            "the value of {name} is part of the job, and shows in its log; to keep it secret write --secret-env {name}"
        ));
    }
    let options = &mut spec.exec_options;
    if options.files.iter().any(|file| file.source == "-") {
        return Err(CliError::usage(
            "a file that comes on standard input is not kept with a job; write it into a file, or run with --store \
             none",
        ));
    }
    for file in &mut options.files {
        file.source = readable(args, &file.source)?.ok_or_else(|| {
            CliError::usage(format!(
                "{} is a pipe, which no other process can read: write it into a file, or run with --store none",
                file.source
            ))
        })?;
    }
    if let Stdin::File(path) = &options.stdin {
        options.stdin = match path.as_str() {
            "-" => Stdin::Bytes(taken_along(std::io::stdin().lock())?),
            path => match readable(args, path)? {
                Some(path) => Stdin::File(path),
                None => Stdin::Bytes(taken_along(std::fs::File::open(path).map_err(CliError::usage)?)?),
            },
        };
    }
    if spec.transport_settings.value("agent").is_none()
        && let Some(agent) = std::env::var_os("SSH_AUTH_SOCK").and_then(|path| path.into_string().ok())
        && !agent.is_empty()
    {
        spec.transport_settings = spec.transport_settings.set("agent", agent);
    }
    Ok(spec)
}

/// A file that can be read now, by its absolute path; `None` for a pipe, which ends with this process.
fn readable(args: &RunArgs, path: &str) -> Result<Option<String>, CliError> {
    let cannot = |error: std::io::Error| args.exec_options.unread(&format!("cannot read {path}: {error}"));
    if std::fs::metadata(path).map_err(cannot)?.file_type().is_fifo() {
        return Ok(None);
    }
    std::fs::File::open(path).map_err(cannot)?;
    let absolute = std::path::absolute(path).map_err(cannot)?;
    let absolute = absolute.into_os_string().into_string();
    let absolute = absolute.map_err(|_| CliError::usage(format!("the path {path} is not UTF-8; rename the file")))?;
    Ok(Some(absolute))
}

/// What is read to its end, as a part of the job.
fn taken_along(input: impl Read) -> Result<Vec<u8>, CliError> {
    let mut bytes = vec![];
    let most = STDIN_BYTES as u64 + 1;
    input.take(most).read_to_end(&mut bytes).map_err(CliError::usage)?;
    match bytes.len() > STDIN_BYTES {
        false => Ok(bytes),
        true => Err(CliError::usage(
            "standard input is longer than the 256 KiB that a job takes along; write it into a file, and name that \
             with --stdin",
        )),
    }
}

/// Refuses what only the process does that dispatches the job.
fn refuse_what_needs_this_process(args: &RunArgs) -> Result<(), CliError> {
    match args.follow.watch_inventory {
        false => Ok(()),
        true => Err(CliError::usage(
            "--watch-inventory is for jobs that this program dispatches itself; add --store none",
        )),
    }
}
