//! The events of jobs.

use crate::finding::{Breach, BrokenRule, broken, unknown};
use crate::state::AuditState;
use crate::state::job::Job;
use pogo_core::Timestamp;
use pogo_core::fleet::HostName;
use pogo_core::scheduler::{JobEvent, JobEventKind, JobId, JobStatus};

impl AuditState {
    pub(crate) fn apply_job_event(&mut self, JobEvent { job: id, kind, .. }: &JobEvent) -> Result<(), Breach> {
        let at = self.at;
        if let JobEventKind::Submitted { spec, hosts, retry_of } = kind {
            if self.retired.contains(id) {
                return broken(BrokenRule::Log, format!("{id} is submitted once more, and has retired"));
            }
            self.check_number(*id)?;
            let fresh = if self.only_job.is_some() {
                self.namespace.assume(hosts)?;
                Job::alone(&self.namespace, spec, hosts, at)?
            } else {
                if let Some(of) = retry_of {
                    self.check_retry_of(*of, hosts)?;
                }
                Job::new(&self.namespace, spec, hosts, at)?
            };
            return match self.jobs.insert(*id, fresh) {
                None => Ok(()),
                Some(_) => broken(BrokenRule::Log, format!("{id} is submitted twice")),
            };
        }
        if *kind == JobEventKind::Retired {
            return self.retire(*id);
        }
        let job = self.job(*id)?;
        let (status, tally) = (job.status, job.tally);
        let Some((fits, next)) = transition(job, kind) else {
            return unknown(kind);
        };
        // A wave that opens too early says more than that the job's state does not fit.
        change(job, kind, at)?;
        if !fits {
            let message = format!("{id} is {status} ({tally}), which does not lead to this");
            return broken(BrokenRule::Log, message);
        }
        job.status = next;
        Ok(())
    }

    /// A job leaves the scheduler. What it left failed or in doubt stays so.
    fn retire(&mut self, id: JobId) -> Result<(), Breach> {
        let job = self.job(id)?;
        if job.status != JobStatus::Finished {
            let status = job.status;
            return broken(BrokenRule::Log, format!("{id} retires, and is {status}"));
        }
        if let Some(job) = self.jobs.remove(&id) {
            self.leave_in_doubt(id, &job);
        }
        self.retired.insert(id);
        Ok(())
    }

    /// A job tries hosts again that a retired one left failed or in doubt.
    fn check_retry_of(&self, of: JobId, hosts: &[HostName]) -> Result<(), Breach> {
        for host in hosts {
            let known = self.namespace.host(self.namespace.id(host)?);
            if !self.retired.contains(&of) || !known.failed_jobs.contains(&of) {
                let message =
                    format!("`{host}` is tried again for {of}, which has not retired or did not leave it failed");
                return broken(BrokenRule::Log, message);
            }
            self.lets_go_of_left((of, host.clone()), "is to be tried again")?;
        }
        Ok(())
    }
}

/// Whether an event may follow in the state that the job is in, and the status that it leads to.
fn transition(job: &Job, kind: &JobEventKind) -> Option<(bool, JobStatus)> {
    let (status, tally) = (job.status, job.tally);
    let (idle, open) = (tally.running == 0, status != JobStatus::Finished);
    Some(match kind {
        JobEventKind::WaveOpened { .. } | JobEventKind::FailureBudgetExceeded { .. } | JobEventKind::Altered { .. } => {
            (open, status)
        }
        JobEventKind::Blocked { .. } => (status.may_start() && idle, JobStatus::Blocked),
        JobEventKind::Waiting => (status.may_start() && idle, JobStatus::Waiting),
        JobEventKind::Unblocked => {
            let stood = matches!(status, JobStatus::Waiting | JobStatus::Blocked);
            (stood, JobStatus::Running)
        }
        JobEventKind::Paused => (status.may_start(), JobStatus::Paused),
        JobEventKind::Resumed => (status.may_resume(), JobStatus::Running),
        JobEventKind::Halting { .. } => (open, JobStatus::Halting),
        JobEventKind::Halted => (status == JobStatus::Halting && idle, JobStatus::Halted),
        JobEventKind::Finished { tally: said } => {
            let over = idle && tally.waiting == 0;
            // Counted again: lists show this tally long after the tasks themselves are gone.
            (open && over && *said == tally, JobStatus::Finished)
        }
        _ => return None,
    })
}

/// What an event changes besides the job's status.
fn change(job: &mut Job, kind: &JobEventKind, at: Timestamp) -> Result<(), Breach> {
    match kind {
        JobEventKind::WaveOpened { wave, ordered } => job.open_wave(*wave, *ordered, at)?,
        JobEventKind::Resumed => job.reopen(at),
        JobEventKind::Halting { abort, .. } => job.aborted |= abort,
        JobEventKind::Altered { change } => job.alter(change, at),
        _ => {}
    }
    Ok(())
}
