//! Explains why hosts wait, from the scheduler's state after the last record.

use std::collections::BTreeMap;

use super::data::TimelineData;
use super::waits::WaitReasons;
use crate::markup::shorten;
use pogo_core::Timestamp;
use pogo_core::plan::{BucketId, StageId};
use pogo_core::scheduler::{JobId, JobStatus, JobView, Obstacle, TaskState, TaskView};
use pogo_core::time::format_duration;

/// The most reasons that are computed: each is a query to the scheduler.
const MOST_REASONS: usize = 2_000;
/// Obstacles of one host that are listed, and characters of each.
const OBSTACLES: usize = 4;
const CHARACTERS: usize = 300;
/// Sentences of a blocked job.
const SENTENCES: usize = 20;

/// Available hosts that never ran share an explanation if these are equal: job, limits, stages.
type HostClass<'a> = (JobId, &'a [BucketId], &'a [StageId]);

/// Explains each waiting host, and each blocked job by the obstacles in the log.
pub(super) fn wait_reasons(data: &TimelineData, blocked: &BTreeMap<JobId, Vec<Obstacle>>) -> WaitReasons {
    let mut waits = WaitReasons::default();
    let mut known: BTreeMap<HostClass<'_>, usize> = BTreeMap::new();
    let jobs = data.jobs.iter().filter_map(|&job| data.scheduler.job(job));
    for job in jobs.filter(|job| job.status() != JobStatus::Finished) {
        explain_block(&mut waits, data, job, blocked);
        for task in job.tasks().filter(|task| task.state() == TaskState::Waiting) {
            explain_host(&mut waits, data, job, task, &mut known);
        }
    }
    waits
}

fn explain_block(
    waits: &mut WaitReasons,
    data: &TimelineData,
    job: JobView<'_>,
    blocked: &BTreeMap<JobId, Vec<Obstacle>>,
) {
    let obstacles = blocked.get(&job.id()).filter(|_| job.status() == JobStatus::Blocked);
    let obstacles = obstacles.map(Vec::as_slice).unwrap_or_default();
    let of = match data.jobs.len() {
        1 => String::new(),
        _ => format!("{}: ", job.id()),
    };
    let shown = obstacles.iter().take(SENTENCES);
    waits
        .blocked
        .extend(shown.map(|obstacle| format!("{of}{}", sentence(data, obstacle))));
    match obstacles.len().saturating_sub(SENTENCES) {
        0 => {}
        more => waits.blocked.push(format!("{of}and {more} more")),
    }
}

fn explain_host<'a>(
    waits: &mut WaitReasons,
    data: &'a TimelineData,
    job: JobView<'a>,
    task: TaskView<'a>,
    known: &mut BTreeMap<HostClass<'a>, usize>,
) {
    let (name, scheduler) = (task.host(), &data.scheduler);
    let (Some(host), Some(id)) = (
        data.hosts.get_index_of(name.as_str()),
        scheduler.fleet().id(name.as_str()),
    ) else {
        return;
    };
    // Freezes and holds are of single hosts, so hosts of the same class may differ by them.
    let alike = task.attempts() == 0 && scheduler.holder_reason(name).is_none() && scheduler.freezes().next().is_none();
    let class = alike.then(|| (job.id(), scheduler.rules().buckets_of(id), job.stages_of(id)));
    let reason = match class.as_ref().and_then(|class| known.get(class)) {
        Some(&reason) => reason,
        // Each question costs the scheduler a walk over the host's limits and stages; the rest of a
        // huge fleet says just that it waits.
        None if waits.reasons.len() >= MOST_REASONS => return,
        None => {
            let obstacles = scheduler.explain(job.id(), name.as_str()).unwrap_or_default();
            waits.reasons.push(sentences(data, &obstacles));
            waits.reasons.len() - 1
        }
    };
    if let Some(class) = class {
        known.insert(class, reason);
    }
    waits.reason_of.insert(host, reason);
}

fn sentences(data: &TimelineData, obstacles: &[Obstacle]) -> String {
    let shown = obstacles.iter().take(OBSTACLES);
    let mut parts: Vec<String> = shown
        .map(|obstacle| shorten(&sentence(data, obstacle), CHARACTERS))
        .collect();
    match obstacles.len() {
        0 => parts.push("it is the next".to_owned()),
        all if all > OBSTACLES => parts.push(format!("and {} more", all - OBSTACLES)),
        _ => {}
    }
    parts.join(" \u{b7} ")
}

/// The sentence, with times as on the axis. It names no order, since the reader of a picture may not be able to give
/// one.
fn sentence(data: &TimelineData, obstacle: &Obstacle) -> String {
    let time = |at: Timestamp| match at >= data.began {
        true => format_duration(at - data.began),
        false => at.utc(),
    };
    match obstacle.passes {
        true => obstacle.sentence(&time),
        false => obstacle.blocker.describe(&time),
    }
}
