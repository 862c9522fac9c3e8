//! Permission to begin: nothing runs without it on hosts whose attempts ask, and what never began leaves nothing
//! behind.

use crate::finding::{Breach, BrokenRule, broken};
use crate::state::AuditState;
use pogo_core::Timestamp;
use pogo_core::fleet::HostName;
use pogo_core::scheduler::{AttemptId, FailureKind, JobId, TaskState};

/// What was recorded with a permission.
pub(crate) struct PermissionTerms {
    /// The host's lock keeps other attempts away.
    pub(crate) host_lock: bool,
    /// The host can be asked later for the state of the attempt.
    pub(crate) fences: bool,
}

impl AuditState {
    pub(crate) fn permit(
        &mut self,
        id: JobId,
        host: &HostName,
        attempt: AttemptId,
        PermissionTerms { host_lock, fences }: PermissionTerms,
    ) -> Result<(), Breach> {
        let task = self.attempt(id, host, attempt)?;
        let (job, namespace) = self.job_in_namespace(id)?;
        // Between start and permission a job may have been paused, or its budget exceeded: this is
        // the last moment to stop.
        job.may_begin(namespace, task)?;
        let task = &mut job.tasks[task];
        // Once begun without a lock stays so: a later permission of the same task does not undo the
        // chance of two runs.
        (task.awaits_permission, task.began_unlocked) = (false, task.began_unlocked || !host_lock);
        task.fences |= fences;
        // Where the transport cannot ask, no word of a host is waited for.
        task.permitted = task.fences.then_some(attempt);
        task.unfenced = task.permitted;
        if task.fences && job.retries_doubts() {
            job.limits.ask(attempt);
        }
        Ok(())
    }

    /// Another dispatcher asks the hosts of all attempts that were begun before it.
    pub(crate) fn change_owner(&mut self) -> Result<(), Breach> {
        let running: Vec<_> = self
            .running
            .iter()
            .map(|(attempt, at)| (*attempt, at.clone()))
            .collect();
        for (attempt, (id, host)) in running {
            let job = self.job(id)?;
            let task = job.task(&host)?;
            // The scheduler waits for answers of these as long as it takes, so time limits do not
            // apply meanwhile.
            if job.tasks[task].fences {
                job.limits.ask(attempt);
            }
        }
        Ok(())
    }

    pub(crate) fn never_began(
        &mut self,
        id: JobId,
        host: &HostName,
        attempt: AttemptId,
        not_before: Timestamp,
    ) -> Result<(), Breach> {
        let (task, at) = (self.attempt(id, host, attempt)?, self.at);
        let (job, namespace) = self.job_in_namespace(id)?;
        job.limits.end(attempt);
        job.set(namespace, task, TaskState::Waiting, at)?;
        job.wait_again(task, not_before);
        let host = namespace.id(&job.hosts[task])?;
        namespace.change(host, |host| {
            host.running = None;
            // A host that left the fleet counts until its attempt ends, and no longer.
            if host.left_fleet {
                host.down = false;
                host.failed_jobs.clear();
            }
        });
        self.running.remove(&attempt);
        Ok(())
    }

    /// Refuses what only an attempt can have done that was permitted to begin.
    pub(crate) fn has_begun(&mut self, id: JobId, task: usize, attempt: AttemptId, did: &str) -> Result<(), Breach> {
        let job = self.job(id)?;
        if !job.tasks[task].awaits_permission {
            return Ok(());
        }
        let host = &job.hosts[task];
        broken(
            BrokenRule::Permission,
            format!("{attempt} {did} on `{host}`, and was not permitted to begin"),
        )
    }
}

/// Whether only something that ran on the host can have failed so.
pub(crate) fn ran(kind: &FailureKind) -> bool {
    // Others, as a time limit or a lost connection, may have ended an attempt that only connected.
    matches!(
        kind,
        FailureKind::PreHook { .. }
            | FailureKind::Command { .. }
            | FailureKind::PostHook { .. }
            | FailureKind::Signal { .. }
    )
}
