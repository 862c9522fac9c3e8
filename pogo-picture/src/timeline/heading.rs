//! The first lines of a picture: subject and outcome.

use super::data::TimelineData;
use pogo_core::scheduler::{JobStatus, Tally};
use pogo_core::time::format_duration;

/// Jobs, hosts and duration.
pub(super) fn heading(data: &TimelineData) -> String {
    let jobs = match data.jobs.as_slice() {
        [job] => job.to_string(),
        jobs => format!("{} jobs", jobs.len()),
    };
    let hosts = data.hosts.len();
    let plural = if hosts == 1 { "" } else { "s" };
    let took = format_duration(data.until - data.began);
    let so_far = if data.open { ", so far" } else { "" };
    format!("{jobs}: {hosts} host{plural} in {took}{so_far}")
}

/// The number of hosts in each state.
pub(super) fn outcome(data: &TimelineData) -> String {
    let tally = |of: fn(Tally) -> u32| {
        let jobs = data.jobs.iter().filter_map(|&job| data.scheduler.job(job));
        jobs.map(|job| u64::from(of(job.tally()))).sum::<u64>()
    };
    let counts = [
        ("succeeded", tally(|tally| tally.succeeded)),
        ("failed", tally(|tally| tally.failed)),
        ("in doubt", tally(|tally| tally.in_doubt)),
        ("skipped", tally(|tally| tally.skipped)),
        ("cancelled", tally(|tally| tally.cancelled)),
        ("running", tally(|tally| tally.running)),
        ("waiting", tally(|tally| tally.waiting)),
    ];
    let counts = counts.into_iter().filter(|(_, count)| *count > 0);
    let mut parts: Vec<String> = counts.map(|(word, count)| format!("{count} {word}")).collect();
    match data.slow() {
        0 => {}
        slow => parts.push(format!("{slow} slow")),
    }
    if let [job] = data.jobs.as_slice()
        && let Some(job) = data.scheduler.job(*job)
    {
        parts.extend(match job.status() {
            JobStatus::Running | JobStatus::Finished => None,
            status => Some(format!("the job is {}", status_word(status))),
        });
    }
    parts.join(", ")
}

fn status_word(status: JobStatus) -> String {
    match status {
        JobStatus::Waiting => "waiting for other jobs".to_owned(),
        status => status.to_string(),
    }
}
