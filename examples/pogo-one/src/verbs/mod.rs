//! Verbs that work with jobs that a store keeps, each over the dispatcher's API: a file for each, or for a few that
//! belong together.

mod answered;
mod apply;
mod dry_run;
mod events;
mod explain;
mod freeze;
mod history;
mod hold;
mod host;
mod hosts;
mod job_status;
mod jobs;
mod journal;
mod lacking;
mod live_logs;
mod logs;
mod mark;
mod note;
mod obstacles;
mod ordered;
mod printer;
mod probe;
mod raw;
mod records;
mod rerun;
mod serve;
mod session;
mod slots;
mod status;
mod steer;
mod tails;
mod tasks;
mod total;
mod unit;
mod update;

pub(crate) use apply::apply;
pub(crate) use dry_run::dry_run;
pub(crate) use events::events;
pub(crate) use explain::explain;
pub(crate) use freeze::{freeze, thaw};
pub(crate) use history::history;
pub(crate) use hold::{hold, release};
pub(crate) use host::host;
pub(crate) use jobs::{jobs, newest_jobs};
pub(crate) use journal::{JournalPart, each_of_journal};
pub(crate) use logs::logs;
pub(crate) use mark::mark;
pub(crate) use note::note;
pub(crate) use probe::probe;
pub(crate) use records::job_log;
pub(crate) use rerun::rerun;
pub(crate) use slots::slots;
pub(crate) use status::status;
pub(crate) use steer::{abort, pause, promote, resume, stop};
pub(crate) use tasks::{retry, skip};
pub(crate) use update::update;

use crate::cli::{ServeArgs, ServeCommand};
use crate::command::named;
use crate::exit::{CliError, Exit};

/// `pogo serve`, and what is asked of the dispatcher that serves.
pub(crate) fn serve(args: &ServeArgs) -> Result<Exit, CliError> {
    match &args.command {
        None => crate::service::serve(args),
        Some(ServeCommand::Status(args)) => serve::status(args),
        Some(ServeCommand::Stop(args)) => serve::stop(args),
        Some(ServeCommand::StepDown(args)) => serve::step_down(args),
        Some(ServeCommand::Unit(args)) => unit::unit(args),
    }
}
