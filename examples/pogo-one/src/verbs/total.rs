//! The number of hosts of a job.

use pogo_core::scheduler::JobSummary;

pub(super) fn total(summary: &JobSummary) -> u32 {
    let tally = summary.tally;
    tally.waiting + tally.running + tally.succeeded + tally.failed + tally.in_doubt + tally.skipped + tally.cancelled
}
