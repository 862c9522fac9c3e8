//! `pogo timeline`

use pogo_core::scheduler::JobId;
use pogo_picture::{Timeline, TimelineError};

use super::pictures;
use crate::cli::{LogArg, TimelineArgs};
use crate::exit::{CliError, Exit};
use crate::log::Log;
use crate::report;

/// Columns of a terminal that does not say how many it has.
const COLUMNS: usize = 100;

pub(crate) fn timeline(args: &TimelineArgs) -> Result<Exit, CliError> {
    let log = match &args.log {
        LogArg::File(path) => Log::read(path)?,
        #[cfg(feature = "store")]
        LogArg::Job(job) => crate::verbs::job_log(&args.place, *job)?,
    };
    // One job of a store has no attempts of other jobs in its log, and gaps in their numbers.
    let drawn = match args.job.map(JobId::new).or_else(|| log.only_job()) {
        Some(job) => Timeline::of_job(&log.records, job),
        None => Timeline::of(&log.records),
    };
    let timeline = drawn.map_err(|error| match error {
        #[cfg(feature = "store")]
        TimelineError::Damaged(error) if matches!(args.log, LogArg::Job(_)) => log.refused(format!(
            "it cannot be drawn, as a record is damaged or missing: {}",
            error.error
        )),
        TimelineError::Damaged(error) => log.damaged(&error),
        other => log.refused(&other),
    })?;
    pictures::draw(&args.pictures, &timeline)?;
    if !args.pictures.are_wanted() {
        let columns = std::env::var("COLUMNS").ok().and_then(|columns| columns.parse().ok());
        report::print(&timeline.text(columns.or_else(report::columns).unwrap_or(COLUMNS)))?;
    }
    Ok(Exit::Succeeded)
}
