//! pogo in one process: plan, simulate and run a rollout over SSH.

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
mod source;
mod sources;

use std::ffi::OsString;
use std::process::ExitCode;

use clap::Parser;

use cli::{Cli, Command};
use exit::{Exit, Stop};

fn main() -> ExitCode {
    // The panic itself has been said on standard error.
    std::panic::catch_unwind(program).unwrap_or_else(|_| Exit::Broken.into())
}

fn program() -> ExitCode {
    // Where a shell asks how a word goes on, this answers and ends.
    clap_complete::CompleteEnv::with_factory(complete::command).complete();
    let line: Vec<OsString> = std::env::args_os().collect();
    cli::Color::of_line(&line).choose();
    let cli = match parse(line) {
        Ok(cli) => cli,
        Err(done) => return ended(done),
    };
    let done = match &cli.command {
        Command::Plan(args) => command::plan(args),
        Command::Simulate(args) => command::simulate(args),
        Command::Run(args) => command::run(args),
        Command::Timeline(args) => command::timeline(args),
        Command::Replay(args) => command::replay(args),
        Command::Audit(args) => command::audit(args),
        Command::Inventory(args) => inventory::inventory(args),
        Command::Config(args) => config::config(args),
        Command::Completion(args) => command::completion(args),
        Command::Man(args) => command::man(args),
        Command::Demo(args) => command::demo(args),
    };
    ended(done)
}

/// The arguments, with what is said elsewhere; or what becomes of a line that is no order.
fn parse(line: Vec<OsString>) -> Result<Cli, Result<Exit, Stop>> {
    // What is typed is judged first: a mistake there is not one of a file.
    let typed = Cli::try_parse_from(&line).map_err(|error| (cli::explain(&error, &line), error));
    if let Err((None, error)) = &typed
        && !error.use_stderr()
    {
        // Help and version are no mistakes, and go to standard output.
        let text = error.render();
        let printed = match cli::Color::is_on(&std::io::stdout()) {
            true => report::print_styled(&text.ansi().to_string()),
            false => report::print(&text.to_string()),
        };
        return Err(printed.map(|()| Exit::Succeeded).map_err(Stop::from));
    }
    if let Err((Some(message), _)) = typed {
        return Err(Err(Stop::Usage(message)));
    }
    let completed = config::complete(line).map_err(Err)?;
    Cli::try_parse_from(&completed.line).map_err(|error| {
        let text = error.render().to_string();
        report::remark(&format!("{}{}", text.trim_end(), completed.origins(&text)));
        Ok(Exit::Usage)
    })
}

fn ended(done: Result<Exit, Stop>) -> ExitCode {
    match done {
        Ok(exit) => exit.into(),
        Err(Stop::Usage(message)) => {
            report::complain(&message);
            Exit::Usage.into()
        }
        Err(Stop::Broken(message)) => {
            report::complain(&message);
            Exit::Broken.into()
        }
        // Whoever read the output has seen enough.
        Err(Stop::Unread) => Exit::Succeeded.into(),
    }
}
