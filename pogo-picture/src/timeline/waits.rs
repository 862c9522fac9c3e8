//! Why hosts wait, in words.

use std::collections::BTreeMap;

use super::story::Story;
use crate::markup::shorten;
use pogo_core::Timestamp;
use pogo_core::plan::{BucketId, StageId};
use pogo_core::scheduler::{JobId, JobStatus, JobView, Obstacle, TaskState, TaskView};
use pogo_core::time::format_duration;

/// Each reason once, and which host has which.
#[derive(Debug, Clone, Default)]
pub(super) struct Waits {
    reasons: Vec<String>,
    /// By the position of the host in the story.
    of: BTreeMap<usize, usize>,
    /// What keeps blocked jobs from going on, a sentence each.
    pub(super) blocked: Vec<String>,
}

/// What the reason of a host that never ran depends on, where nobody holds it: its limits and its stages.
type Kind<'a> = (JobId, &'a [BucketId], &'a [StageId]);

impl Waits {
    /// More hosts than this are not explained one by one.
    const MOST: usize = 2_000;
    /// Obstacles of one host that are told, and characters of each.
    const OBSTACLES: usize = 4;
    const CHARACTERS: usize = 300;
    /// Sentences of a blocked job.
    const SENTENCES: usize = 20;

    pub(super) fn of(story: &Story, blocked: &BTreeMap<JobId, Vec<Obstacle>>) -> Self {
        let mut waits = Self::default();
        let mut known: BTreeMap<Kind<'_>, usize> = BTreeMap::new();
        let jobs = story.jobs.iter().filter_map(|&job| story.scheduler.job(job));
        for job in jobs.filter(|job| job.status() != JobStatus::Finished) {
            waits.blocked(story, job, blocked);
            for task in job.tasks().filter(|task| task.state() == TaskState::Waiting) {
                waits.host(story, job, task, &mut known);
            }
        }
        waits
    }

    /// Why a host waits, by its position in the story; each obstacle is a part.
    pub(super) fn why(&self, host: usize) -> Option<&str> {
        self.of
            .get(&host)
            .and_then(|&reason| self.reasons.get(reason))
            .map(String::as_str)
    }

    fn blocked(&mut self, story: &Story, job: JobView<'_>, blocked: &BTreeMap<JobId, Vec<Obstacle>>) {
        let obstacles = blocked.get(&job.id()).filter(|_| job.status() == JobStatus::Blocked);
        let obstacles = obstacles.map(Vec::as_slice).unwrap_or_default();
        let of = match story.jobs.len() {
            1 => String::new(),
            _ => format!("{}: ", job.id()),
        };
        let shown = obstacles.iter().take(Self::SENTENCES);
        self.blocked
            .extend(shown.map(|obstacle| format!("{of}{}", sentence(story, obstacle))));
        match obstacles.len().saturating_sub(Self::SENTENCES) {
            0 => {}
            more => self.blocked.push(format!("{of}and {more} more")),
        }
    }

    fn host<'a>(
        &mut self,
        story: &'a Story,
        job: JobView<'a>,
        task: TaskView<'a>,
        known: &mut BTreeMap<Kind<'a>, usize>,
    ) {
        let (name, scheduler) = (task.host(), &story.scheduler);
        let (Some(host), Some(id)) = (
            story.hosts.get_index_of(name.as_str()),
            scheduler.fleet().id(name.as_str()),
        ) else {
            return;
        };
        let alike =
            task.attempts() == 0 && scheduler.holder_reason(name).is_none() && scheduler.freezes().next().is_none();
        let kind = alike.then(|| (job.id(), scheduler.rules().buckets_of(id), job.stages_of(id)));
        let reason = match kind.as_ref().and_then(|kind| known.get(kind)) {
            Some(&reason) => reason,
            None if self.reasons.len() >= Self::MOST => return,
            None => {
                let obstacles = scheduler.explain(job.id(), name.as_str()).unwrap_or_default();
                self.reasons.push(told(story, &obstacles));
                self.reasons.len() - 1
            }
        };
        if let Some(kind) = kind {
            known.insert(kind, reason);
        }
        self.of.insert(host, reason);
    }
}

fn told(story: &Story, obstacles: &[Obstacle]) -> String {
    let shown = obstacles.iter().take(Waits::OBSTACLES);
    let mut parts: Vec<String> = shown
        .map(|obstacle| shorten(&sentence(story, obstacle), Waits::CHARACTERS))
        .collect();
    match obstacles.len() {
        0 => parts.push("it is the next".to_owned()),
        all if all > Waits::OBSTACLES => parts.push(format!("and {} more", all - Waits::OBSTACLES)),
        _ => {}
    }
    parts.join(" \u{b7} ")
}

/// The sentence, with times as the axis has them. It names no order: whoever looks at a picture may have nowhere to give it.
fn sentence(story: &Story, obstacle: &Obstacle) -> String {
    let time = |at: Timestamp| match at >= story.began {
        true => format_duration(at - story.began),
        false => at.utc(),
    };
    match obstacle.passes {
        true => obstacle.sentence(&time),
        false => obstacle.blocker.describe(&time),
    }
}
