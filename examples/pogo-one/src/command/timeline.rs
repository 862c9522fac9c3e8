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
    let (log, job) = match &args.log {
        LogArg::File(path) => (Log::read(path)?, args.job.map(JobId::new)),
        #[cfg(feature = "store")]
        LogArg::Job(job) => {
            let log = crate::verbs::job_log(&args.place, *job)?;
            // Whose log has no attempts of other jobs.
            let own = log.records.iter().find_map(|record| record.event.submitted());
            let job = args.job.map(JobId::new).or(own);
            (log, job)
        }
    };
    let drawn = match job {
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
