//! pogo in one process: plan, simulate and run a rollout over SSH.

mod ask;
mod cli;
mod command;
mod exit;
mod inventory;
mod invocation;
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
    let line: Vec<OsString> = std::env::args_os().collect();
    let cli = match Cli::try_parse_from(&line) {
        Ok(cli) => cli,
        Err(error) => {
            if let Some(message) = cli::explain(&error, &line) {
                return ended(Err(Stop::Usage(message)));
            }
            // Help and version are no mistakes, and go to standard output.
            let exit = if error.use_stderr() {
                Exit::Usage
            } else {
                Exit::Succeeded
            };
            let text = error.render().to_string();
            if exit == Exit::Usage {
                report::remark(text.trim_end());
                return exit.into();
            }
            return ended(report::print(&text).map(|()| exit).map_err(Stop::from));
        }
    };
    let done = match &cli.command {
        Command::Plan(args) => command::plan(args),
        Command::Simulate(args) => command::simulate(args),
        Command::Run(args) => command::run(args),
        Command::Timeline(args) => command::timeline(args),
        Command::Replay(args) => command::replay(args),
        Command::Audit(args) => command::audit(args),
        Command::Inventory(args) => inventory::inventory(args),
        Command::Demo(args) => command::demo(args),
    };
    ended(done)
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
