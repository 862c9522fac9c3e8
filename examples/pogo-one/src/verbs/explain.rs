//! `pogo explain`: why a job or a host waits.

use pogo_core::dispatcher::{Clock, SystemClock};
use pogo_core::fleet::HostName;
use pogo_core::scheduler::{Explanation, JobId, JobStatus, Query, TaskState, View};

use super::hosts::shown;
use super::obstacles;
use super::session::{Session, asking};
use crate::cli::{ExplainArgs, PlanFormat};
use crate::exit::{CliError, Exit};
use crate::report;
use crate::service::client_error;

/// How many waiting hosts are asked about where nothing holds back the job as a whole.
const HOSTS: usize = 100;

pub(crate) fn explain(args: &ExplainArgs) -> Result<Exit, CliError> {
    asking(&args.question.place, async |session| {
        let job = session.job(args.job).await?;
        match &args.host {
            Some(host) => of_host(session, job, host, args.question.format).await,
            None => of_job(session, job, args.question.format).await,
        }
    })
}

async fn of_host(session: &Session, job: JobId, host: &HostName, format: PlanFormat) -> Result<Exit, CliError> {
    let explanation = ask(session, job, host).await?;
    match format {
        PlanFormat::Json => report::print_json(&explanation)?,
        PlanFormat::Text => {
            let number = job.number();
            let text = match (explanation.state, explanation.obstacles.as_slice()) {
                (TaskState::Waiting, []) => format!("{host} of job {number} waits for nothing: it is about to start\n"),
                (TaskState::Waiting, obstacles) => {
                    let lines = obstacles::lines(obstacles, SystemClock.now());
                    format!("{host} of job {number} waits:\n{lines}")
                }
                (state, _) => format!("{host} of job {number} does not wait: it is {state}\n"),
            };
            report::print(&text)?;
        }
    }
    Ok(Exit::Succeeded)
}

async fn of_job(session: &Session, job: JobId, format: PlanFormat) -> Result<Exit, CliError> {
    let details = session.client.job(job).await.map_err(client_error)?;
    if format == PlanFormat::Json {
        report::print_json(&details.blockers)?;
        return Ok(Exit::Succeeded);
    }
    let (number, now, status) = (job.number(), SystemClock.now(), details.summary.status);
    let mut text = match status {
        JobStatus::Finished => format!("job {number} does not wait: it is finished\n"),
        status => format!("job {number} is {status}: {}\n", details.summary.tally),
    };
    match details.blockers.as_slice() {
        [] => text.push_str(&waiting(session, job).await?),
        blockers => text.push_str(&obstacles::lines(blockers, now)),
    }
    report::print(&text)?;
    Ok(Exit::Succeeded)
}

/// Why hosts wait, those with the same reasons together.
async fn waiting(session: &Session, job: JobId) -> Result<String, CliError> {
    let hosts = session.results(job, &[TaskState::Waiting], None).await?;
    let now = SystemClock.now();
    let mut alike: Vec<(String, Vec<HostName>)> = vec![];
    for result in hosts.iter().take(HOSTS) {
        let explanation = ask(session, job, &result.host).await?;
        let said = match explanation.obstacles.as_slice() {
            [] => "  is about to start\n".to_owned(),
            obstacles => obstacles::lines(obstacles, now),
        };
        match alike.iter_mut().find(|(why, _)| *why == said) {
            Some((_, hosts)) => hosts.push(result.host.clone()),
            None => alike.push((said, vec![result.host.clone()])),
        }
    }
    let mut text: String = alike
        .iter()
        .map(|(why, hosts)| format!("{}\n{why}", shown(hosts)))
        .collect();
    if let Some(more @ 1..) = hosts.len().checked_sub(HOSTS) {
        text.push_str(&format!("and {more} more hosts wait\n"));
    }
    Ok(text)
}

async fn ask(session: &Session, job: JobId, host: &HostName) -> Result<Explanation, CliError> {
    let host = host.clone();
    let answer = session
        .client
        .view(&Query::Explain { job, host })
        .await
        .map_err(client_error)?;
    match answer.view {
        View::Explain(explanation) => Ok(*explanation),
        _ => Err(CliError::broken("the server answers something else than was asked")),
    }
}
