//! What becomes of tasks without an attempt, and of jobs as a whole.

use super::auditor::{Auditor, job, unknown};
use super::finding::{Breach, Broken, broken};
use super::job::Job;
use super::words;
use pogo_core::Timestamp;
use pogo_core::fleet::HostName;
use pogo_core::scheduler::{JobEvent, JobEventKind, JobId, JobStatus, TaskState};

impl Auditor {
    /// A host is to be tried again, not before a moment.
    pub(super) fn retry(
        &mut self,
        id: JobId,
        host: &HostName,
        not_before: Timestamp,
        (ordered, after_connect): (bool, bool),
    ) -> Result<(), Breach> {
        let (task, state) = self.task(id, host)?;
        if matches!(state, TaskState::Waiting | TaskState::Running | TaskState::Succeeded) {
            let said = words::of_task(state);
            return broken(Broken::Log, format!("`{host}` is to be tried again, and is {said}"));
        }
        let at = self.at;
        let Self { namespace, jobs, .. } = self;
        let job = job(jobs, id)?;
        job.retry(task, not_before, at, (ordered, after_connect))?;
        job.set(namespace, task, TaskState::Waiting, at)?;
        if job.status == JobStatus::Finished {
            job.reopen(at);
        }
        Ok(())
    }

    /// A host is taken out of a job.
    pub(super) fn skip(&mut self, id: JobId, host: &HostName) -> Result<(), Breach> {
        let (task, state) = self.task(id, host)?;
        if matches!(state, TaskState::Running | TaskState::Succeeded | TaskState::Skipped) {
            let said = words::of_task(state);
            return broken(Broken::Log, format!("`{host}` is skipped, and is {said}"));
        }
        let at = self.at;
        let Self { namespace, jobs, .. } = self;
        job(jobs, id)?.set(namespace, task, TaskState::Skipped, at)?;
        let host = namespace.id(host)?;
        // That nobody waits for it in this job says nothing of what another job did to it.
        namespace.change(host, |host| _ = host.bad.remove(&id));
        Ok(())
    }

    /// A host that waited will not be run.
    pub(super) fn give_up(&mut self, id: JobId, host: &HostName) -> Result<(), Breach> {
        let (task, state) = self.task(id, host)?;
        if state != TaskState::Waiting {
            let said = words::of_task(state);
            return broken(Broken::Log, format!("`{host}` is cancelled, and is {said}"));
        }
        let at = self.at;
        let Self { namespace, jobs, .. } = self;
        job(jobs, id)?.set(namespace, task, TaskState::Cancelled, at)
    }

    fn task(&mut self, id: JobId, host: &HostName) -> Result<(usize, TaskState), Breach> {
        let job = self.job(id)?;
        let task = job.task(host)?;
        Ok((task, job.tasks[task].state))
    }

    pub(super) fn take_of_job(&mut self, JobEvent { job: id, kind, .. }: &JobEvent) -> Result<(), Breach> {
        let at = self.at;
        if let JobEventKind::Submitted { spec, hosts } = kind {
            let fresh = Job::new(&self.namespace, spec, hosts, at)?;
            return match self.jobs.insert(*id, fresh) {
                None => Ok(()),
                Some(_) => broken(Broken::Log, format!("{id} is submitted twice")),
            };
        }
        let job = self.job(*id)?;
        let (status, tally) = (job.status, job.tally);
        let idle = tally.running == 0;
        let (fits, next) = match kind {
            JobEventKind::WaveOpened { wave, ordered } => {
                job.open_wave(*wave, *ordered, at)?;
                (status != JobStatus::Finished, status)
            }
            JobEventKind::FailureBudgetExceeded { .. } => (status != JobStatus::Finished, status),
            JobEventKind::Blocked { .. } => (status.may_start() && idle, JobStatus::Blocked),
            JobEventKind::Waiting => (status.may_start() && idle, JobStatus::Waiting),
            JobEventKind::Unblocked => (
                matches!(status, JobStatus::Waiting | JobStatus::Blocked),
                JobStatus::Running,
            ),
            JobEventKind::Paused => (status.may_start(), JobStatus::Paused),
            JobEventKind::Resumed => {
                job.reopen(at);
                (status.may_resume(), JobStatus::Running)
            }
            JobEventKind::Halting { abort, .. } => {
                job.aborted |= abort;
                (status != JobStatus::Finished, JobStatus::Halting)
            }
            JobEventKind::Halted => (status == JobStatus::Halting && idle, JobStatus::Halted),
            JobEventKind::Altered { change } => {
                job.alter(change, at);
                (status != JobStatus::Finished, status)
            }
            JobEventKind::Finished { tally: said } => (
                status != JobStatus::Finished && idle && tally.waiting == 0 && *said == tally,
                JobStatus::Finished,
            ),
            _ => return unknown(kind),
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
