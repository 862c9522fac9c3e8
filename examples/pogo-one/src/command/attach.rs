//! `pogo attach`

use std::sync::Arc;

use pogo_api::NamespaceClient;
use pogo_core::history::JobFilter;
use pogo_core::scheduler::JobId;

use super::job_args::folding;
use super::run_kept::next_commands;
use super::stop::StopSignals;
use crate::actor::account;
use crate::ask::{CliPrompter, TerminalPrompter};
use crate::cli::{AttachArgs, JobArg};
use crate::exit::{CliError, Exit};
use crate::service::{FollowedJob, Person, Place, client_error, connect, follow};

pub(crate) fn attach(args: &AttachArgs) -> Result<Exit, CliError> {
    let place = Place::asked_by(&args.place)?;
    // Whoever only follows has no work for two threads, which would wake each other up.
    let mut runtime = tokio::runtime::Builder::new_current_thread();
    let runtime = runtime.enable_all().build().map_err(CliError::broken)?;
    let done = runtime.block_on(show(args, &place));
    runtime.shutdown_background();
    done
}

async fn show(args: &AttachArgs, place: &Place) -> Result<Exit, CliError> {
    let client = connect(place).await?;
    let job = named(&client, args.job).await?;
    // Nothing is shown of a job that there is not.
    client.job(job).await.map_err(client_error)?;
    let screen = super::screen::screen(args.format, None)?
        .of_kept_job()
        .folding(folding(args.fold, args.format)?);
    let screen = Arc::new(screen);
    screen.watched_by(&account());
    let terminal = Arc::new(TerminalPrompter::default());
    terminal.meet(Arc::clone(&screen));
    let person = Person {
        prompter: Arc::new(CliPrompter::new(None, None, Arc::clone(&terminal))),
        terminal,
    };
    let mut signals = StopSignals::listen().map_err(CliError::broken)?;
    let configuration = client.configuration().await.map_err(client_error)?;
    let followed = FollowedJob::from_start(place, client, job)
        .configured(configuration.fleet.unwrap_or_default(), configuration.policy)
        .person(person);
    let exit = follow(followed, &screen, &mut signals).await;
    let shown = screen.finish();
    let exit = exit?;
    shown?;
    next_commands(job, exit, &screen);
    Ok(exit)
}

/// The job that was named.
pub(crate) async fn named(client: &NamespaceClient, job: JobArg) -> Result<JobId, CliError> {
    match job {
        JobArg::Number(job) => Ok(job),
        JobArg::Last => last(client).await,
    }
}

async fn last(client: &NamespaceClient) -> Result<JobId, CliError> {
    let newest = JobFilter::new().limit(1);
    let page = client.history(&newest).await.map_err(client_error)?;
    let newest = page.entries.first().map(|entry| entry.job);
    newest.ok_or_else(|| CliError::usage("there are no jobs yet; `pogo run` submits one"))
}
