//! The program: plans, simulates and runs rollouts over SSH, and keeps them in a store.

#[cfg(feature = "store")]
mod access;
mod actor;
mod ask;
mod cli;
mod command;
mod complete;
mod config;
mod exit;
mod guard;
mod inventory;
mod log;
mod report;
#[cfg(feature = "store")]
mod service;
mod sources;
#[cfg(feature = "store")]
mod store;
mod submission;
mod unlisted;
#[cfg(feature = "store")]
mod verbs;

use std::ffi::OsString;
use std::process::ExitCode;

use clap::Parser;

#[cfg(feature = "store")]
use cli::DispatcherCommand;
use cli::{Cli, Command};
use exit::{CliError, Exit};

fn main() -> ExitCode {
    // The panic message is on standard error already.
    std::panic::catch_unwind(program).unwrap_or_else(|_| Exit::Broken.into())
}

fn program() -> ExitCode {
    // Answers a shell that asks for completions, and exits.
    clap_complete::CompleteEnv::with_factory(complete::command).complete();
    let line: Vec<OsString> = std::env::args_os().collect();
    cli::Color::of_line(&line).choose();
    let cli = match parse(line) {
        Ok(cli) => cli,
        Err(done) => return ended(done),
    };
    cli.verbosity.choose();
    ended(carry_out(&cli.command))
}

fn carry_out(command: &Command) -> Result<Exit, CliError> {
    match command {
        Command::Plan(args) => command::plan(args),
        Command::Simulate(args) => command::simulate(args),
        Command::Run(args) => command::run(args),
        Command::Timeline(args) => command::timeline(args),
        Command::Replay(args) => command::replay(args),
        Command::Audit(args) => command::audit(args),
        Command::Inventory(args) => inventory::inventory(args),
        #[cfg(feature = "store")]
        Command::Dispatcher(command) => ask_dispatcher(command),
        Command::Config(args) => config::config(args),
        Command::Completion(args) => command::completion(args),
        Command::Man(args) => command::man(args),
        Command::Demo(args) => command::demo(args),
    }
}

#[cfg(feature = "store")]
fn ask_dispatcher(command: &DispatcherCommand) -> Result<Exit, CliError> {
    match command {
        DispatcherCommand::Attach(args) => command::attach(args),
        DispatcherCommand::Wait(args) => command::wait(args),
        DispatcherCommand::Status(args) => verbs::status(args),
        DispatcherCommand::Jobs(args) => verbs::jobs(args),
        DispatcherCommand::Logs(args) => verbs::logs(args),
        DispatcherCommand::Events(args) => verbs::events(args),
        DispatcherCommand::Rerun(args) => verbs::rerun(args),
        DispatcherCommand::Explain(args) => verbs::explain(args),
        DispatcherCommand::Slots(args) => verbs::slots(args),
        DispatcherCommand::Host(args) => verbs::host(args),
        DispatcherCommand::History(args) => verbs::history(args),
        DispatcherCommand::Retry(args) => verbs::retry(args),
        DispatcherCommand::Skip(args) => verbs::skip(args),
        DispatcherCommand::Probe(args) => verbs::probe(args),
        DispatcherCommand::Note(args) => verbs::note(args),
        DispatcherCommand::Pause(args) => verbs::pause(args),
        DispatcherCommand::Resume(args) => verbs::resume(args),
        DispatcherCommand::Stop(args) => verbs::stop(args),
        DispatcherCommand::Abort(args) => verbs::abort(args),
        DispatcherCommand::Promote(args) => verbs::promote(args),
        DispatcherCommand::Update(args) => verbs::update(args),
        DispatcherCommand::Freeze(args) => verbs::freeze(args),
        DispatcherCommand::Thaw(args) => verbs::thaw(args),
        DispatcherCommand::Mark(args) => verbs::mark(args),
        DispatcherCommand::Hold(args) => verbs::hold(args),
        DispatcherCommand::Release(args) => verbs::release(args),
        DispatcherCommand::Apply(args) => verbs::apply(args),
        DispatcherCommand::Serve(args) => verbs::serve(args),
        DispatcherCommand::Store(args) => store::store(args),
        DispatcherCommand::Grants(args) => access::grants(args),
        DispatcherCommand::Token(args) => access::token(args),
    }
}

/// The arguments, with settings from files and the environment; or the end of the program for help and errors.
fn parse(line: Vec<OsString>) -> Result<Cli, Result<Exit, CliError>> {
    // The typed line is parsed first, so that its errors are not blamed on a file.
    let typed = Cli::try_parse_from(&line).map_err(|error| (cli::explain(&error, &line), error));
    if let Err((None, error)) = &typed
        && !error.use_stderr()
    {
        // clap reports help and version as errors; they go to standard output.
        let text = error.render();
        let printed = match cli::Color::is_on(&std::io::stdout()) {
            true => report::print_styled(&text.ansi().to_string()),
            false => report::print(&text.to_string()),
        };
        return Err(printed.map(|()| Exit::Succeeded).map_err(CliError::from));
    }
    if let Err((Some(message), _)) = typed {
        return Err(Err(CliError::Usage(message)));
    }
    let completed = config::complete(line).map_err(Err)?;
    Cli::try_parse_from(&completed.line).map_err(|error| {
        let text = error.render().to_string();
        report::remark(&format!("{}{}", text.trim_end(), completed.origins(&text)));
        Ok(Exit::Usage)
    })
}

fn ended(done: Result<Exit, CliError>) -> ExitCode {
    match done {
        Ok(exit) => exit.into(),
        Err(error) => {
            let (exit, message) = error.parts();
            message.into_iter().for_each(report::complain);
            exit.into()
        }
    }
}
