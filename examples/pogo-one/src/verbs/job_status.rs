//! One job: how far it is, what failed and why, what holds it back, and who ordered what.

use pogo_core::Timestamp;
use pogo_core::dispatcher::{Clock, SystemClock};
use pogo_core::scheduler::{HostResult, JobDetails, JobId, JobStatus, JobSummary, StageSummary, TaskState};
use serde::Serialize;

use super::session::Session;
use super::total::total;
use super::{lacking, note, obstacles, ordered, tails};
use crate::cli::PlanFormat;
use crate::exit::{CliError, Exit};
use crate::report::{self, BadHost, Reasons, moment, visible};
use crate::service::client_error;
use crate::store::counted;

/// A job for a program.
#[derive(Serialize)]
struct Shown<'a> {
    #[serde(flatten)]
    job: &'a JobDetails,
    bad_hosts: &'a [HostResult],
}

pub(super) async fn job_status(session: &Session, job: JobId, format: PlanFormat) -> Result<Exit, CliError> {
    let details = session.client.job(job).await.map_err(client_error)?;
    let tally = details.summary.tally;
    let bad = match tally.failed + tally.in_doubt {
        0 => vec![],
        _ => {
            session
                .results(job, &[TaskState::Failed, TaskState::InDoubt], None)
                .await?
        }
    };
    if format == PlanFormat::Json {
        report::print_json(&Shown {
            job: &details,
            bad_hosts: &bad,
        })?;
        return Ok(Exit::Succeeded);
    }
    let now = SystemClock.now();
    let tails = tails::of(session, job, &bad).await?;
    let mut text = head(&details, now);
    text.push_str(&note::lines(&details.notes, now));
    text.push_str(&stages(&details.stages));
    for (state, title) in [(TaskState::Failed, "failed"), (TaskState::InDoubt, "in doubt")] {
        let of_state = bad.iter().zip(&tails).filter(|(result, _)| result.state == state);
        let hosts: Vec<BadHost> = of_state.map(|(result, lines)| bad_host(result, lines)).collect();
        if !hosts.is_empty() {
            text.push_str(&format!(
                "\n{title}: {}\n{}",
                counted(hosts.len(), "host"),
                Reasons::of_hosts(hosts, now)
            ));
        }
    }
    text.push_str(&lacking::lines(session, &details.summary).await?);
    if !details.blockers.is_empty() {
        text.push_str("\nheld back:\n");
        text.push_str(&obstacles::lines(&details.blockers, now));
    }
    text.push_str(&orders(session, &details, now).await?);
    text.push_str(&next(&details.summary));
    report::print(&text)?;
    Ok(Exit::Succeeded)
}

pub(super) fn bad_host(result: &HostResult, lines: &[String]) -> BadHost {
    let attempt = result.last_attempt.as_ref();
    BadHost {
        host: result.host.clone(),
        failure: attempt.and_then(|attempt| attempt.failure.clone()),
        lines: lines.to_vec(),
        at: attempt.and_then(|attempt| attempt.ended),
    }
}

fn head(job: &JobDetails, now: Timestamp) -> String {
    let summary = &job.summary;
    let tally = summary.tally;
    let mut text = format!("job {} is {}", summary.job.number(), summary.status);
    if let Some(finished) = summary.finished {
        text.push_str(&format!(
            " since {}, after {}",
            moment(finished, now),
            report::span(finished - summary.submitted)
        ));
    }
    text.push_str(&format!(": {tally}\n"));
    text.push_str(&format!("  command   {}\n", quoted(&job.command.to_string())));
    text.push_str(&format!("  hosts     {}\n", visible(&summary.targets.to_string())));
    text.push_str(&format!(
        "  by        {} at {}\n",
        who(summary),
        moment(summary.submitted, now)
    ));
    if let Some(of) = job.retry_of {
        text.push_str(&format!("  retry of  job {}\n", of.number()));
    }
    if let Some(reason) = &job.override_constraints {
        text.push_str(&format!("  without regard to limits: {}\n", visible(reason)));
    }
    for budget in &job.budgets {
        let of = budget
            .group
            .as_deref()
            .map(|group| format!(" of {group}"))
            .unwrap_or_default();
        text.push_str(&format!(
            "  failures  {} of {} that may{}\n",
            budget.failures,
            budget.allowed,
            visible(&of)
        ));
    }
    if let Some(deadline) = job.deadline {
        text.push_str(&format!("  time      until {}\n", moment(deadline, now)));
    }
    text
}

/// Who ordered what since it was submitted; of a large job, the last order.
async fn orders(session: &Session, job: &JobDetails, now: Timestamp) -> Result<String, CliError> {
    if total(&job.summary) <= ordered::MOST_HOSTS {
        return ordered::lines(session, job.summary.job, now).await;
    }
    let Some(steered) = &job.steered else {
        return Ok(String::new());
    };
    let said = visible(&steered.to_string()).into_owned();
    Ok(format!("\nlast order:\n  {}  {said}\n", moment(steered.at, now)))
}

fn stages(stages: &[StageSummary]) -> String {
    /// What is not over yet comes first where there are many.
    const MOST: usize = 12;
    if stages.is_empty() {
        return String::new();
    }
    let mut text = "\nstages:\n".to_owned();
    let open = stages.iter().filter(|stage| !stage.complete);
    let complete = stages.iter().filter(|stage| stage.complete);
    for stage in open.chain(complete).take(MOST) {
        let state = match (stage.complete, stage.open) {
            (true, _) => "complete",
            (false, true) => "open",
            (false, false) => "not yet",
        };
        text.push_str(&format!("  {state:<8}  {}: {}\n", visible(&stage.label), stage.tally));
    }
    if let Some(more @ 1..) = stages.len().checked_sub(MOST) {
        text.push_str(&format!("  and {more} more\n"));
    }
    text
}

/// What to type next.
fn next(summary: &JobSummary) -> String {
    let job = summary.job.number();
    let tally = summary.tally;
    let mut commands = vec![];
    if tally.failed + tally.in_doubt > 0 {
        commands.push(format!("pogo logs {job} --failed --in-doubt -b"));
    }
    match summary.status {
        JobStatus::Running | JobStatus::Waiting | JobStatus::Halting => commands.push(format!("pogo attach {job}")),
        JobStatus::Paused | JobStatus::Halted => commands.push(format!("pogo resume {job}")),
        JobStatus::Finished if tally.failed + tally.in_doubt > 0 => {
            commands.push(format!("pogo retry {job} --failed --in-doubt"));
        }
        JobStatus::Finished if tally.cancelled > 0 => commands.push(format!("pogo retry {job} --not-run")),
        JobStatus::Finished => commands.push(format!("pogo logs {job} -b")),
        // What clears it stands above.
        _ => {}
    }
    if summary.next_wave.is_some() {
        commands.push(format!("pogo promote {job}"));
    }
    let lines: String = commands.iter().map(|command| format!("  {command}\n")).collect();
    match lines.is_empty() {
        true => String::new(),
        false => format!("\nnext:\n{lines}"),
    }
}

/// Who submitted a job.
pub(super) fn who(summary: &JobSummary) -> String {
    match &summary.submitted_by {
        Some(actor) => actor.name.to_string(),
        None => summary.user.clone(),
    }
}

/// A command on one line.
pub(super) fn quoted(command: &str) -> String {
    const LONGEST: usize = 200;
    let line: String = command.chars().take(LONGEST).collect();
    let line = visible(line.trim()).into_owned();
    match command.chars().nth(LONGEST) {
        Some(_) => line + "…",
        None => line,
    }
}
