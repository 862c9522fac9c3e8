//! `pogo jobs`: jobs that there are and were.

use pogo_core::Timestamp;
use pogo_core::dispatcher::{Clock, SystemClock};
use pogo_core::history::{JobEntry, JobFilter};

use super::hosts::named_on;
use super::job_status::quoted;
use super::session::{Session, asking};
use crate::actor::local_actor;
use crate::cli::{JobsArgs, PlaceArgs, PlanFormat};
use crate::exit::{CliError, Exit};
use crate::report::{self, Table, moment};
use crate::service::{Place, about, client_error, connect};

/// How many jobs are asked for at once.
const PAGE: usize = 1_000;

pub(crate) fn jobs(args: &JobsArgs) -> Result<Exit, CliError> {
    asking(&args.question.place, async |session| {
        let (jobs, more) = listed(session, args).await?;
        match args.question.format {
            PlanFormat::Json => report::print_json(&jobs)?,
            PlanFormat::Text if jobs.is_empty() => report::print("no such job\n")?,
            PlanFormat::Text => report::print(&table(&jobs, SystemClock.now()).text(report::columns()))?,
        }
        if more && args.question.format == PlanFormat::Text {
            report::remark(&format!(
                "there are more; -l {} shows as many again",
                args.limit.saturating_mul(2)
            ));
        }
        Ok(Exit::Succeeded)
    })
}

/// Numbers and commands of the newest jobs, for shells; none where no dispatcher runs.
pub(crate) fn newest_jobs(place: &PlaceArgs) -> Result<Vec<(u64, String)>, CliError> {
    let place = Place::asked_by(place)?;
    let runtime = tokio::runtime::Runtime::new().map_err(CliError::broken)?;
    runtime.block_on(async {
        // Nobody starts a dispatcher by typing half a word.
        if about(&place).await?.is_none() {
            return Ok(vec![]);
        }
        let client = connect(&place).await?;
        let page = client
            .history(&JobFilter::new().limit(50))
            .await
            .map_err(client_error)?;
        let jobs = page
            .entries
            .iter()
            .map(|job| (job.job.number(), quoted(&job.submitted.command)));
        Ok(jobs.collect())
    })
}

/// The newest jobs, and whether there are more.
async fn listed(session: &Session, args: &JobsArgs) -> Result<(Vec<JobEntry>, bool), CliError> {
    let most = args.limit as usize;
    let mut filter = filter(session, args).await?;
    let mut jobs = vec![];
    loop {
        let left = most.saturating_sub(jobs.len());
        if left == 0 {
            return Ok((jobs, true));
        }
        filter.limit = left.min(PAGE);
        let page = session.client.history(&filter).await.map_err(client_error)?;
        jobs.extend(page.entries);
        match page.next {
            Some(next) => filter = filter.before(next),
            None => return Ok((jobs, false)),
        }
    }
}

async fn filter(session: &Session, args: &JobsArgs) -> Result<JobFilter, CliError> {
    let mut filter = JobFilter::new().statuses(args.state.iter().map(|state| (*state).into()));
    filter.by = match args.mine {
        true => Some(local_actor().name.to_string()),
        false => args.by.clone(),
    };
    if let Some(time) = args.since {
        let time = u64::try_from(time.as_millis()).unwrap_or(u64::MAX);
        filter.since = Some(Timestamp::from_millis(
            SystemClock.now().as_millis().saturating_sub(time),
        ));
    }
    if let Some(on) = &args.on {
        filter.hosts = named_on(session, on).await?;
    }
    Ok(filter)
}

fn table(jobs: &[JobEntry], now: Timestamp) -> Table {
    let mut table = Table::new(["job", "status", "done", "failed", "by", "at", "command"]);
    for JobEntry {
        job,
        submitted,
        progress,
        ..
    } in jobs
    {
        let tally = progress.tally;
        let by = submitted
            .by
            .as_ref()
            .map_or(submitted.user.clone(), |by| by.name.to_string());
        table.row([
            job.number().to_string(),
            progress.status.to_string(),
            format!("{}/{}", tally.succeeded + tally.skipped, submitted.count),
            (tally.failed + tally.in_doubt).to_string(),
            by,
            moment(submitted.at, now),
            quoted(&submitted.command),
        ]);
    }
    table
}
