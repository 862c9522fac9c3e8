//! `pogo status`: what runs or is stuck, and what to do about it.

use pogo_core::Timestamp;
use pogo_core::dispatcher::{Clock, SystemClock};
use pogo_core::scheduler::{
    JobCount, JobDetails, JobStatus, JobSummary, JobsQuery, NamespaceSummary, PageLimit, Query, View,
};
use serde::Serialize;

use super::freeze::{frozen, thaw_command};
use super::hosts::{be, shown};
use super::job_status::{job_status, quoted, who};
use super::session::{Session, asking};
use super::total::total;
use crate::cli::{PlanFormat, StatusArgs};
use crate::exit::{CliError, Exit};
use crate::report::{self, Table, moment};
use crate::service::client_error;
use crate::store::counted;

/// How many jobs are shown.
const JOBS: u32 = 50;

pub(crate) fn status(args: &StatusArgs) -> Result<Exit, CliError> {
    asking(&args.question.place, async |session| match args.job {
        Some(job) => job_status(session, session.job(job).await?, args.question.format).await,
        None => overview(session, args.question.format).await,
    })
}

/// A namespace for a program.
#[derive(Serialize)]
struct Overview {
    #[serde(flatten)]
    namespace: NamespaceSummary,
    unfinished: Vec<JobDetails>,
}

async fn overview(session: &Session, format: PlanFormat) -> Result<Exit, CliError> {
    let namespace = session.summary().await?;
    let statuses = [
        JobStatus::Running,
        JobStatus::Waiting,
        JobStatus::Paused,
        JobStatus::Blocked,
        JobStatus::Halting,
        JobStatus::Halted,
    ];
    let query = JobsQuery::new().statuses(statuses).limit(PageLimit::new(JOBS));
    let page = session.client.jobs(query).await.map_err(client_error)?;
    let mut unfinished = vec![];
    for JobSummary { job, .. } in &page.entries {
        unfinished.push(session.client.job(*job).await.map_err(client_error)?);
    }
    match format {
        PlanFormat::Json => report::print_json(&Overview { namespace, unfinished })?,
        PlanFormat::Text => {
            let more = page.next.is_some();
            report::print(&text(&namespace, &unfinished, more))?;
        }
    }
    Ok(Exit::Succeeded)
}

fn text(namespace: &NamespaceSummary, jobs: &[JobDetails], more: bool) -> String {
    let now = SystemClock.now();
    let mut text = headline(namespace);
    if !jobs.is_empty() {
        text.push('\n');
        text.push_str(&table(now, jobs));
    }
    if more {
        text.push_str("and more: `pogo jobs` lists them\n");
    }
    text.push_str(&stuck(jobs, now));
    text.push_str(&out_of_service(namespace, now));
    if let Some(job) = jobs.iter().find(|job| needs_person(job)).or(jobs.first()) {
        text.push_str(&format!("\nnext: pogo status {}\n", job.summary.job.number()));
    }
    text
}

fn headline(namespace: &NamespaceSummary) -> String {
    let count = |status| {
        namespace
            .jobs
            .iter()
            .find(|count: &&JobCount| count.status == status)
            .map_or(0, |count| count.jobs)
    };
    let states = [
        (JobStatus::Running, "running"),
        (JobStatus::Waiting, "waiting for other jobs"),
        (JobStatus::Blocked, "blocked"),
        (JobStatus::Paused, "paused"),
        (JobStatus::Halting, "stopping"),
        (JobStatus::Halted, "stopped"),
    ];
    let said: Vec<String> = states
        .into_iter()
        .map(|(status, word)| (count(status), word))
        .filter(|(jobs, _)| *jobs > 0)
        .map(|(jobs, word)| format!("{} {word}", counted(jobs, "job")))
        .collect();
    let said = match said.is_empty() {
        true => "nothing runs, and nothing is stuck".to_owned(),
        false => said.join(", "),
    };
    format!(
        "{said}; {} under way, {} of {} unavailable\n",
        counted(namespace.attempts, "host"),
        namespace.unavailable,
        counted(namespace.hosts, "host")
    )
}

fn table(now: Timestamp, jobs: &[JobDetails]) -> String {
    let mut table = Table::new(["job", "status", "done", "failed", "by", "since", "command"]);
    for job in jobs {
        let summary = &job.summary;
        let tally = summary.tally;
        table.row([
            summary.job.number().to_string(),
            summary.status.to_string(),
            format!("{}/{}", tally.succeeded + tally.skipped, total(summary)),
            (tally.failed + tally.in_doubt).to_string(),
            who(summary),
            moment(summary.submitted, now),
            quoted(&job.command.to_string()),
        ]);
    }
    table.text(report::columns())
}

/// What only an order clears, with the orders.
fn stuck(jobs: &[JobDetails], now: Timestamp) -> String {
    let mut text = String::new();
    for job in jobs.iter().filter(|job| needs_person(job)) {
        let number = job.summary.job.number();
        text.push_str(&format!("\njob {number} is {}\n", job.summary.status));
        text.push_str(&super::obstacles::lines(&job.blockers, now));
    }
    text
}

fn needs_person(job: &JobDetails) -> bool {
    let status = job.summary.status;
    !job.blockers.is_empty() || matches!(status, JobStatus::Paused | JobStatus::Blocked | JobStatus::Halted)
}

/// What is kept out of all jobs.
fn out_of_service(namespace: &NamespaceSummary, now: Timestamp) -> String {
    let mut lines = vec![];
    for freeze in &namespace.freezes {
        let (what, cure) = (frozen(freeze, now), thaw_command(&freeze.hosts));
        lines.push(format!("{what}\n  {cure}"));
    }
    if !namespace.down.is_empty() {
        let hosts = shown(&namespace.down);
        lines.push(format!("{hosts} {} marked down", be(namespace.down.len())));
    }
    for retired in &namespace.retired {
        let job = retired.job.number();
        lines.push(format!(
            "job {job} is over, and {} of it still {} slots\n  pogo retry {job} --failed --in-doubt",
            shown(&retired.hosts),
            if retired.hosts.len() == 1 { "holds" } else { "hold" }
        ));
    }
    for unready in &namespace.unready {
        let (job, wait) = (unready.job.number(), if unready.hosts == 1 { "waits" } else { "wait" });
        let hosts = counted(unready.hosts, "host");
        lines.push(format!(
            "{hosts} of job {job} {wait} for what only a person can bring\n  pogo attach {job}"
        ));
    }
    if namespace.held + namespace.holds_waiting > 0 {
        lines.push(format!(
            "{} held outside of jobs, {} in line\n  pogo slots",
            counted(namespace.held, "host"),
            namespace.holds_waiting
        ));
    }
    match lines.is_empty() {
        true => String::new(),
        false => format!("\n{}\n", lines.join("\n")),
    }
}

impl Session {
    /// What is alive.
    pub(super) async fn summary(&self) -> Result<NamespaceSummary, CliError> {
        let answer = self.client.view(&Query::Namespace).await.map_err(client_error)?;
        match answer.view {
            View::Namespace(summary) => Ok(*summary),
            _ => Err(CliError::broken("the server answers something else than was asked")),
        }
    }
}
