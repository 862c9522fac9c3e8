//! What becomes of tasks without an attempt, and of jobs as a whole.

use super::auditor::{Auditor, job};
use super::finding::{Breach, Broken, broken};
use super::words;
use pogo_core::scheduler::{Event, JobStatus, TaskState};

impl Auditor {
    pub(super) fn order(&mut self, event: &Event) -> Result<(), Breach> {
        let (Some(id), Some(host)) = (event.job(), event.host()) else {
            return Ok(());
        };
        let at = self.at;
        let Self { namespace, jobs, .. } = self;
        let job = job(jobs, id)?;
        let task = job.task(host)?;
        let state = job.tasks[task].state;
        let said = words::of_task(state);
        let to = match event {
            Event::TaskRetried {
                not_before,
                ordered,
                after_connect,
                ..
            } => {
                if matches!(state, TaskState::Waiting | TaskState::Running | TaskState::Succeeded) {
                    return broken(Broken::Log, format!("`{host}` is to be tried again, and is {said}"));
                }
                job.retry(task, *not_before, (*ordered, *after_connect))?;
                TaskState::Waiting
            }
            Event::TaskSkipped { .. } => {
                if matches!(state, TaskState::Running | TaskState::Succeeded | TaskState::Skipped) {
                    return broken(Broken::Log, format!("`{host}` is skipped, and is {said}"));
                }
                TaskState::Skipped
            }
            _ if state != TaskState::Waiting => {
                return broken(Broken::Log, format!("`{host}` is cancelled, and is {said}"));
            }
            _ => TaskState::Cancelled,
        };
        job.set(namespace, task, to, at)?;
        if to == TaskState::Waiting && job.status == JobStatus::Finished {
            job.reopen(at);
        }
        if to == TaskState::Skipped {
            let host = namespace.id(host)?;
            // That nobody waits for it in this job says nothing of what another job did to it.
            namespace.change(host, |host| _ = host.bad.remove(&id));
        }
        Ok(())
    }

    pub(super) fn take_of_job(&mut self, event: &Event) -> Result<(), Breach> {
        let (Some(id), at) = (event.job(), self.at) else {
            return Ok(());
        };
        let job = self.job(id)?;
        let (status, tally) = (job.status, job.tally);
        let idle = tally.running == 0;
        let (fits, next) = match event {
            Event::WaveOpened { wave, ordered, .. } => {
                job.open_wave(*wave, *ordered, at)?;
                (status != JobStatus::Finished, status)
            }
            Event::FailureBudgetExceeded { .. } => (status != JobStatus::Finished, status),
            Event::JobBlocked { .. } => (status.may_start() && idle, JobStatus::Blocked),
            Event::JobWaiting { .. } => (status.may_start() && idle, JobStatus::Waiting),
            Event::JobUnblocked { .. } => (
                matches!(status, JobStatus::Waiting | JobStatus::Blocked),
                JobStatus::Running,
            ),
            Event::JobPaused { .. } => (status.may_start(), JobStatus::Paused),
            Event::JobResumed { .. } => {
                job.reopen(at);
                (status.may_resume(), JobStatus::Running)
            }
            Event::JobHalting { abort, .. } => {
                job.aborted |= abort;
                (status != JobStatus::Finished, JobStatus::Halting)
            }
            Event::JobHalted { .. } => (status == JobStatus::Halting && idle, JobStatus::Halted),
            Event::JobAltered { change, .. } => {
                job.alter(change, at);
                (status != JobStatus::Finished, status)
            }
            Event::JobFinished { tally: said, .. } => (
                status != JobStatus::Finished && idle && tally.waiting == 0 && *said == tally,
                JobStatus::Finished,
            ),
            _ => (true, status),
        };
        if !fits {
            return broken(
                Broken::Log,
                format!(
                    "{id} is {} ({}), which does not lead to this",
                    words::of_job(status),
                    words::of_tally(&tally)
                ),
            );
        }
        job.status = next;
        Ok(())
    }
}
