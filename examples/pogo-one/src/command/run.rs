//! `pogo run`

use std::sync::Arc;

use pogo_core::dispatcher::Transport;
use pogo_core::plan::{Command, Invocation, Plan};
use pogo_ssh::{FirstContacts, JobInputs};

use super::assumed_down::AssumedDown;
use super::connect;
use super::dispatch::{Operator, dispatch};
use super::follow::Follow;
use super::plan::described;
use crate::ask::People;
use crate::cli::{FoldArgs, LogFormat, RunArgs, Speaker, missing_command};
use crate::exit::{Exit, Stop};
use crate::guard;
use crate::report::{self, Form, Warned};
use crate::source;

pub(crate) fn run(args: &RunArgs) -> Result<Exit, Stop> {
    args.invocation.check_secrets().map_err(Stop::usage)?;
    let command = command(args)?;
    if args.job.targets.reads_stdin() && args.invocation.reads_stdin() {
        return Err(Stop::usage(
            "standard input cannot hold both the targets and what the command reads; put one of them into a file",
        ));
    }
    let targets = args.job.targets.read()?;
    let gathered = args.job.sources.gather()?;
    let namespace = source::namespace(&args.job, &targets, &gathered)?;
    let down = source::assumed_down(&args.job, &namespace.0)?;
    let mut spec = source::job(&args.job, &targets, command);
    spec.settings.pre_hooks.clone_from(&args.ssh.pre_hooks);
    spec.settings.post_hooks.clone_from(&args.ssh.post_hooks);
    spec.invocation = args.invocation.invocation();
    if args.invocation.resumable && matches!(args.ssh.transport, Speaker::Ssh) {
        return Err(Stop::usage(
            "--resumable is not to be had through the ssh program; leave out --transport ssh",
        ));
    }
    if args.invocation.script.is_some() && matches!(args.ssh.transport, Speaker::Ssh) {
        return Err(Stop::usage(
            "--script sends a file, which is not to be had through the ssh program; leave out --transport ssh, or pipe it: --stdin FILE -- sh",
        ));
    }
    if args.invocation.reboot && matches!(args.ssh.transport, Speaker::Ssh) {
        return Err(Stop::usage(
            "--reboot is not to be had through the ssh program; leave out --transport ssh",
        ));
    }
    // A job that makes no sense is refused before anybody is asked for a password.
    let plan = Plan::compile(&namespace.0, &namespace.1, &spec).map_err(|error| source::refused(&error))?;
    if args.dry_run {
        let down = AssumedDown::of(&args.job, (&namespace.0, &namespace.1), spec)?;
        report::print(&described(&plan, down.as_ref()))?;
        return Ok(Exit::Succeeded);
    }
    guard::confirm(&plan, args.yes)?;
    let inputs = inputs(args, &spec.invocation)?;
    let follow = Follow::of(args, &targets, &gathered, &namespace)?;
    let contacts = FirstContacts::default();
    let screen = super::screen(args.format, args.events.as_deref(), args.verbosity)?
        .meeting(&contacts)
        .folding(folding(args)?);
    let runtime = tokio::runtime::Runtime::new().map_err(Stop::broken)?;
    let people = Arc::new(People::default());
    let settings = {
        let _entered = runtime.enter();
        let settings = connect::settings(&args.ssh, &people)?.first_contacts(&contacts);
        match args.invocation.ask_sudo_password {
            true => settings.sudo_password(connect::ask("sudo password: ", &people)?),
            false => settings,
        }
    };
    let done = runtime.block_on(async {
        let screen = Arc::new(screen);
        people.meet(Arc::clone(&screen));
        guard::remark(&plan).iter().for_each(|remark| screen.say(remark));
        screen.log(&Warned::lines(&gathered)?);
        let transport: Arc<dyn Transport> = match args.ssh.transport {
            Speaker::Builtin => {
                let transport = settings.build().map_err(Stop::usage)?;
                transport.warnings().iter().for_each(|warning| screen.say(warning));
                transport.provide(inputs);
                Arc::new(transport)
            }
            Speaker::Ssh => {
                let transport = settings.build_program().map_err(Stop::usage)?;
                transport.provide(inputs);
                Arc::new(transport)
            }
        };
        let operator = Operator {
            screen,
            people,
            follow,
            down,
            stop_grace: args.stop_grace,
        };
        dispatch(namespace, spec, transport, operator).await
    });
    // What an impatient operator left running is not waited for.
    runtime.shutdown_background();
    People::leave();
    done
}

/// What the hosts are given, secrets included.
fn inputs(args: &RunArgs, invocation: &Invocation) -> Result<JobInputs, Stop> {
    for name in args.invocation.exposed() {
        report::remark(&format!(
            "the value of {name} is part of the job, and shows in its log; to keep it secret write --secret-env {name}"
        ));
    }
    let inputs = JobInputs::read(invocation).map_err(|error| args.invocation.unread(&error.to_string()))?;
    let mut secrets = args.invocation.secrets().map_err(Stop::usage)?.into_iter();
    Ok(secrets
        .by_ref()
        .fold(inputs, |inputs, (name, value)| inputs.secret(name, value)))
}

/// How hosts' output is folded, if it is.
fn folding(args: &RunArgs) -> Result<Option<Form>, Stop> {
    let form = match args.fold {
        FoldArgs { diff: true, .. } => Form::Diff,
        FoldArgs { fold: true, .. } => Form::Whole,
        _ => return Ok(None),
    };
    match args.format {
        LogFormat::Text => Ok(Some(form)),
        LogFormat::Jsonl => Err(Stop::usage(
            "--fold and --diff are for people; leave them out, or leave out --format jsonl",
        )),
    }
}

/// What is to run. Where the `--` before it is missing, it stands among the targets.
fn command(args: &RunArgs) -> Result<Command, Stop> {
    let targets = &args.job.targets;
    let command = args.invocation.command(&args.command);
    command.ok_or_else(|| Stop::usage(missing_command(targets.words(), targets.has_options())))
}
