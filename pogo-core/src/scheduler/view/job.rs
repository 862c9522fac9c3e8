//! Views of jobs and their tasks.

use crate::Timestamp;
use crate::fleet::{HostId, HostName};
use crate::plan::{JobSpec, JobStage, StageId};
use crate::policy::ResolvedSettings;
use crate::scheduler::state::{Job, State};
use crate::scheduler::{Actor, Failure, HostResult, JobId, JobStatus, Obstacle, Steered, Tally, TaskState};

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

    /// What keeps its waiting hosts from starting until somebody gives an order, each with the orders that clear it. Of
    /// a blocked job it is what [`Blocked`](crate::scheduler::JobEventKind::Blocked) said, as it stands now.
    ///
    /// Empty if nothing waits, or all that waits could start in time. For one host, ask
    /// [`Scheduler::explain`](crate::scheduler::Scheduler::explain).
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

impl State {
    pub(in crate::scheduler) fn job_views(&self, now: Timestamp) -> impl Iterator<Item = JobView<'_>> {
        let state = self;
        self.jobs.values().map(move |job| JobView { state, now, job })
    }

    pub(in crate::scheduler) fn job_view(&self, now: Timestamp, job: JobId) -> Option<JobView<'_>> {
        let (state, job) = (self, self.jobs.get(&job)?);
        Some(JobView { state, now, job })
    }
}

impl Job {
    /// The wave that waits for its gate to open.
    pub(in crate::scheduler) fn next_wave(&self) -> Option<u32> {
        let (stage, _) = self.gates.baking()?;
        self.stages.stage(stage).wave
    }
}
