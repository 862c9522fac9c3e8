//! Counts tasks and jobs by state, over all jobs.

use std::collections::BTreeMap;

use ::metrics::gauge;

use crate::scheduler::{JobId, JobStatus, Scheduler, Tally, TaskState};

/// Only jobs that changed are counted anew, and only numbers that changed are set.
#[derive(Debug, Default)]
pub(super) struct Gauges {
    jobs: BTreeMap<JobId, (Tally, JobStatus)>,
    changed: Vec<JobId>,
    tasks: [u64; TASKS.len()],
    statuses: [u64; STATUSES.len()],
}

const TASKS: [TaskState; 7] = [
    TaskState::Waiting,
    TaskState::Running,
    TaskState::Succeeded,
    TaskState::Failed,
    TaskState::InDoubt,
    TaskState::Skipped,
    TaskState::Cancelled,
];

const STATUSES: [JobStatus; 7] = [
    JobStatus::Running,
    JobStatus::Waiting,
    JobStatus::Paused,
    JobStatus::Blocked,
    JobStatus::Halting,
    JobStatus::Halted,
    JobStatus::Finished,
];

impl Gauges {
    /// Counts everything, and sets every number.
    pub(super) fn start(&mut self, scheduler: &Scheduler) {
        *self = Self::default();
        for job in scheduler.jobs() {
            self.jobs.insert(job.id(), (job.tally(), job.status()));
            self.add((job.tally(), job.status()));
        }
        TASKS
            .into_iter()
            .zip(self.tasks)
            .for_each(|(state, n)| set_tasks(state, n));
        STATUSES
            .into_iter()
            .zip(self.statuses)
            .for_each(|(status, n)| set_jobs(status, n));
    }

    /// Something happened to this job.
    pub(super) fn changed(&mut self, job: JobId) {
        if self.changed.last() != Some(&job) {
            self.changed.push(job);
        }
    }

    /// Counts the changed jobs as they now stand.
    pub(super) fn update(&mut self, scheduler: &Scheduler) {
        let (tasks, statuses) = (self.tasks, self.statuses);
        // Once for each commit and not for each event: a job of ten thousand hosts changes many
        // times in one.
        while let Some(job) = self.changed.pop() {
            let now = scheduler.job(job).map(|job| (job.tally(), job.status()));
            let before = match now {
                Some(now) => self.jobs.insert(job, now),
                // It has retired, and its tasks are no longer counted among those of all jobs.
                None => self.jobs.remove(&job),
            };
            if let Some(now) = now {
                self.add(now);
            }
            if let Some(before) = before {
                self.subtract(before);
            }
        }
        for (state, (before, now)) in TASKS.into_iter().zip(tasks.into_iter().zip(self.tasks)) {
            if before != now {
                set_tasks(state, now);
            }
        }
        for (status, (before, now)) in STATUSES.into_iter().zip(statuses.into_iter().zip(self.statuses)) {
            if before != now {
                set_jobs(status, now);
            }
        }
    }

    fn add(&mut self, counted: (Tally, JobStatus)) {
        self.each(counted, |total, n| *total += n);
    }

    fn subtract(&mut self, counted: (Tally, JobStatus)) {
        self.each(counted, |total, n| *total -= n);
    }

    fn each(&mut self, (mut tally, status): (Tally, JobStatus), change: impl Fn(&mut u64, u64)) {
        for (state, total) in TASKS.into_iter().zip(&mut self.tasks) {
            change(total, u64::from(*tally.count_mut(state)));
        }
        for (of, total) in STATUSES.into_iter().zip(&mut self.statuses) {
            change(total, u64::from(of == status));
        }
    }
}

fn set_tasks(state: TaskState, number: u64) {
    // Labels are spelled out, because only then nothing is allocated for them.
    let gauge = match state {
        TaskState::Waiting => gauge!("pogo_tasks", "state" => "waiting"),
        TaskState::Running => gauge!("pogo_tasks", "state" => "running"),
        TaskState::Succeeded => gauge!("pogo_tasks", "state" => "succeeded"),
        TaskState::Failed => gauge!("pogo_tasks", "state" => "failed"),
        TaskState::InDoubt => gauge!("pogo_tasks", "state" => "in_doubt"),
        TaskState::Skipped => gauge!("pogo_tasks", "state" => "skipped"),
        TaskState::Cancelled => gauge!("pogo_tasks", "state" => "cancelled"),
    };
    gauge.set(number as f64);
}

fn set_jobs(status: JobStatus, number: u64) {
    let gauge = match status {
        JobStatus::Running => gauge!("pogo_jobs", "status" => "running"),
        JobStatus::Waiting => gauge!("pogo_jobs", "status" => "waiting"),
        JobStatus::Paused => gauge!("pogo_jobs", "status" => "paused"),
        JobStatus::Blocked => gauge!("pogo_jobs", "status" => "blocked"),
        JobStatus::Halting => gauge!("pogo_jobs", "status" => "halting"),
        JobStatus::Halted => gauge!("pogo_jobs", "status" => "halted"),
        JobStatus::Finished => gauge!("pogo_jobs", "status" => "finished"),
    };
    gauge.set(number as f64);
}
