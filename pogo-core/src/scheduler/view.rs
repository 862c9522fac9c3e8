//! Views of jobs, tasks, attempts and buckets.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::state::{Job, JobStatus, Remnant, Running, State, TaskState};
use super::{
    Actor, AttemptId, CancelReason, Failure, HoldView, Holder, HostResult, JobId, Obstacle, Permission, Phase, Steered,
    Tally,
};
use crate::Timestamp;
use crate::fleet::{HostId, HostName};
use crate::plan::{Bucket, BucketId, JobSpec, JobStage, StageId};
use crate::policy::ResolvedSettings;

impl State {
    pub(super) fn job_views(&self, now: Timestamp) -> impl Iterator<Item = JobView<'_>> {
        let state = self;
        self.jobs.values().map(move |job| JobView { state, now, job })
    }

    pub(super) fn job_view(&self, now: Timestamp, job: JobId) -> Option<JobView<'_>> {
        let (state, job) = (self, self.jobs.get(&job)?);
        Some(JobView { state, now, job })
    }

    pub(super) fn retired_views(&self) -> impl Iterator<Item = RetiredJobView<'_>> {
        let remnants = self.retired.remnants.iter();
        remnants.map(|(&id, remnant)| RetiredJobView { id, remnant })
    }

    pub(super) fn bucket_views(&self) -> impl Iterator<Item = BucketView<'_>> {
        let buckets = self.rules.buckets().iter().zip((0..).map(BucketId));
        buckets.map(|(bucket, id)| BucketView {
            state: self,
            bucket,
            id,
        })
    }

    pub(super) fn bucket_view(&self, id: BucketId) -> Option<BucketView<'_>> {
        let bucket = self.rules.buckets().get(id.index())?;
        Some(BucketView {
            state: self,
            bucket,
            id,
        })
    }

    pub(super) fn hold_views(&self) -> impl Iterator<Item = HoldView> {
        self.holds.iter().map(|(host, hold)| HoldView {
            host: host.clone(),
            hold: hold.clone(),
        })
    }

    pub(super) fn attempt_views(&self) -> Vec<AttemptView> {
        let views = self.attempts.in_order().into_iter();
        views.map(|(id, running)| AttemptView::of(id, &running)).collect()
    }

    pub(super) fn attempt_view(&self, id: AttemptId) -> Option<AttemptView> {
        Some(AttemptView::of(id, self.attempts.get(id)?))
    }
}

impl Job {
    /// The wave that waits for its gate to open.
    pub(super) fn next_wave(&self) -> Option<u32> {
        let (stage, _) = self.gates.baking()?;
        self.stages.stage(stage).wave
    }
}

/// An attempt that has not ended, as far as the scheduler knows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct AttemptView {
    /// Its number.
    pub id: AttemptId,
    /// The job.
    pub job: JobId,
    /// The host.
    pub host: HostName,
    /// Its phase.
    pub phase: Phase,
    /// Whether it may begin, or has begun.
    pub permission: Permission,
    /// When it was started.
    pub started: Timestamp,
    /// Why it was cancelled, if it was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cancelling: Option<CancelReason>,
    /// Whether it was reported as slow.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub slow: bool,
}

impl AttemptView {
    pub(super) fn of(id: AttemptId, running: &Running) -> Self {
        Self {
            id,
            job: running.task.0,
            host: running.target.name.clone(),
            phase: running.phase,
            permission: running.permission,
            started: running.started,
            cancelling: running.cancelling,
            slow: running.slow,
        }
    }

    /// Whether nothing of it can have run on its host: it asks for permission, and has none.
    pub fn has_not_begun(&self) -> bool {
        self.permission.is_awaited() && self.phase == Phase::Connect
    }
}

/// A job.
#[derive(Debug, Clone, Copy)]
pub struct JobView<'a> {
    state: &'a State,
    now: Timestamp,
    job: &'a Job,
}

impl<'a> JobView<'a> {
    /// Its number.
    pub fn id(&self) -> JobId {
        self.job.id
    }

    /// What was submitted.
    pub fn spec(&self) -> &'a JobSpec {
        &self.job.spec
    }

    /// The job that has retired whose hosts it tries again, if it came of an order to retry them.
    pub fn retry_of(&self) -> Option<JobId> {
        self.job.retry_of
    }

    /// Its status.
    pub fn status(&self) -> JobStatus {
        self.job.status
    }

    /// When it was submitted.
    pub fn submitted(&self) -> Timestamp {
        self.job.submitted
    }

    /// Who submitted it, where that was said.
    pub fn submitted_by(&self) -> Option<&'a Actor> {
        self.job.submitted_by.as_deref()
    }

    /// The last order that was given to it, if one was since it was submitted: which, when, by whom and why.
    pub fn steered(&self) -> Option<&'a Steered> {
        self.job.steered.as_deref()
    }

    /// The number of its tasks in each state.
    pub fn tally(&self) -> Tally {
        self.job.tally
    }

    /// The settings in force, every update included.
    pub fn settings(&self) -> &'a ResolvedSettings {
        &self.job.settings
    }

    /// The result of each of its hosts, in listed order.
    ///
    /// ```
    /// # use pogo_core::scheduler::Scheduler;
    /// # let scheduler = Scheduler::new();
    /// for job in scheduler.jobs() {
    ///     for row in job.results() {
    ///         println!("{:30} {row}", row.host.as_str());
    ///     }
    /// }
    /// ```
    pub fn results(&self) -> impl Iterator<Item = HostResult> + use<'a> {
        let (state, job) = (self.state, self.job);
        job.positions().map(move |task| state.result(job, task))
    }

    /// What keeps its waiting hosts from starting until somebody gives an order, each with the orders that clear it. Of a
    /// blocked job it is what [`Blocked`](super::JobEventKind::Blocked) said, as it stands now.
    ///
    /// Empty if nothing waits, or all that waits could start in time. For one host, ask [`Scheduler::explain`](super::Scheduler::explain).
    pub fn blockers(&self) -> Vec<Obstacle> {
        self.state.blockers(self.now, self.job)
    }

    /// The wave that may begin as soon as its gate opens, if one waits for that; wave 0 is open from the start.
    pub fn next_wave(&self) -> Option<u32> {
        self.job.next_wave()
    }

    /// Its stages.
    pub fn stages(&self) -> &'a [JobStage] {
        self.job.stages.stages()
    }

    /// The stages that a host is in, one of each sequence that it is part of.
    pub fn stages_of(&self, host: HostId) -> &'a [StageId] {
        let task = self.job.task_of(host);
        task.map(|task| self.job.stages.of(task)).unwrap_or_default()
    }

    /// Its tasks, in listed order.
    pub fn tasks(&self) -> impl Iterator<Item = TaskView<'a>> + use<'a> {
        let job = self.job;
        job.positions().map(move |task| TaskView { job, task })
    }
}

/// What is left of a job that has retired: hosts that hold slots because of it.
#[derive(Debug, Clone, Copy)]
pub struct RetiredJobView<'a> {
    id: JobId,
    remnant: &'a Remnant,
}

impl<'a> RetiredJobView<'a> {
    /// Its number.
    pub fn id(&self) -> JobId {
        self.id
    }

    /// What was submitted.
    pub fn spec(&self) -> &'a JobSpec {
        &self.remnant.spec
    }

    /// The hosts that it left failed or in doubt, by name, and how the last attempt of each failed; unknown for those in doubt.
    pub fn hosts(&self) -> impl Iterator<Item = (&'a HostName, Option<&'a Failure>)> + use<'a> {
        self.remnant
            .hosts
            .iter()
            .map(|(host, failure)| (host, failure.as_ref()))
    }
}

/// A task.
#[derive(Debug, Clone, Copy)]
pub struct TaskView<'a> {
    job: &'a Job,
    task: u32,
}

impl<'a> TaskView<'a> {
    /// The host.
    pub fn host(&self) -> &'a HostName {
        self.job.name(self.task)
    }

    /// Its phase.
    pub fn state(&self) -> TaskState {
        self.job.task(self.task).state
    }

    /// How many attempts were begun.
    pub fn attempts(&self) -> u32 {
        u32::from(self.job.task(self.task).tries)
    }

    /// How its last attempt failed, if it is failed.
    pub fn failure(&self) -> Option<&'a Failure> {
        self.job.failures.get(&self.task)
    }
}

/// A bucket and its usage.
#[derive(Debug, Clone, Copy)]
pub struct BucketView<'a> {
    state: &'a State,
    bucket: &'a Bucket,
    id: BucketId,
}

impl<'a> BucketView<'a> {
    /// Its position among the [`Rules`](crate::plan::Rules).
    pub fn id(&self) -> BucketId {
        self.id
    }

    /// The limit.
    pub fn bucket(&self) -> &'a Bucket {
        self.bucket
    }

    /// Hosts of it that run a task.
    pub fn running(&self) -> u32 {
        self.state.bucket(self.id).1.running
    }

    /// Its unavailable hosts, running ones included.
    pub fn unavailable(&self) -> u32 {
        self.state.bucket(self.id).1.unavailable
    }

    /// The hosts that hold its slots, why and since when, in fleet order; a host once for each reason.
    pub fn holders(&self) -> Vec<Holder> {
        self.state.holders(self.id)
    }
}

/// The limit and its usage: `$web: max_parallel: 25% (5 slots), 3 used, 2 running`.
impl fmt::Display for BucketView<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{}, {} used, {} running",
            self.bucket,
            self.unavailable(),
            self.running()
        )
    }
}
