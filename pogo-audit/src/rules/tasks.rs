//! The events of tasks without an attempt: retried, skipped, cancelled.

use crate::finding::{Breach, BrokenRule, broken};
use crate::state::AuditState;
use crate::state::task::RetryReason;
use pogo_core::Timestamp;
use pogo_core::fleet::HostName;
use pogo_core::scheduler::{JobId, JobStatus, TaskState};

impl AuditState {
    /// A host waits for another attempt, which starts at `not_before` at the earliest.
    pub(crate) fn retry(
        &mut self,
        id: JobId,
        host: &HostName,
        not_before: Timestamp,
        reason: RetryReason,
    ) -> Result<(), Breach> {
        let (task, state) = self.task(id, host)?;
        if matches!(state, TaskState::Waiting | TaskState::Running | TaskState::Succeeded) {
            let said = state;
            return broken(BrokenRule::Log, format!("`{host}` is to be tried again, and is {said}"));
        }
        let at = self.at;
        self.lets_go_of(id, task, "is to be tried again")?;
        let (job, namespace) = self.job_in_namespace(id)?;
        job.retry(task, not_before, at, reason)?;
        job.set(namespace, task, TaskState::Waiting, at)?;
        if job.status == JobStatus::Finished {
            job.reopen(at);
        }
        Ok(())
    }

    /// A host leaves the job without having succeeded.
    pub(crate) fn skip(&mut self, id: JobId, host: &HostName) -> Result<(), Breach> {
        if self.retired.contains(&id) {
            return self.skip_retired(id, host);
        }
        let (task, state) = self.task(id, host)?;
        if matches!(state, TaskState::Running | TaskState::Succeeded | TaskState::Skipped) {
            let said = state;
            return broken(BrokenRule::Log, format!("`{host}` is skipped, and is {said}"));
        }
        let at = self.at;
        self.lets_go_of(id, task, "is skipped")?;
        let (job, namespace) = self.job_in_namespace(id)?;
        job.set(namespace, task, TaskState::Skipped, at)?;
        let host = namespace.id(host)?;
        // A host that is skipped here may still have failed in another job.
        namespace.change(host, |host| _ = host.failed_jobs.remove(&id));
        Ok(())
    }

    /// A host gives back the slots that it held because of a job that has retired.
    fn skip_retired(&mut self, id: JobId, name: &HostName) -> Result<(), Breach> {
        let host = self.namespace.id(name)?;
        if !self.namespace.host(host).failed_jobs.contains(&id) {
            return broken(
                BrokenRule::Log,
                format!("`{name}` is skipped in {id}, which has retired and did not leave it failed"),
            );
        }
        self.lets_go_of_left((id, name.clone()), "is skipped")?;
        self.namespace.change(host, |host| _ = host.failed_jobs.remove(&id));
        Ok(())
    }

    /// A waiting host will not be started.
    pub(crate) fn cancel(&mut self, id: JobId, host: &HostName) -> Result<(), Breach> {
        let (task, state) = self.task(id, host)?;
        if state != TaskState::Waiting {
            let said = state;
            return broken(BrokenRule::Log, format!("`{host}` is cancelled, and is {said}"));
        }
        let at = self.at;
        let (job, namespace) = self.job_in_namespace(id)?;
        job.set(namespace, task, TaskState::Cancelled, at)
    }

    fn task(&mut self, id: JobId, host: &HostName) -> Result<(usize, TaskState), Breach> {
        let job = self.job(id)?;
        let task = job.task(host)?;
        Ok((task, job.tasks[task].state))
    }
}
