//! Attempts: where one may begin, and what its end means.

use super::auditor::{Auditor, job};
use super::finding::{Breach, Broken, broken};
use pogo_core::fleet::HostName;
use pogo_core::scheduler::{AttemptId, JobId, Phase, TaskState};

impl Auditor {
    pub(super) fn start(&mut self, id: JobId, host: &HostName, attempt: AttemptId) -> Result<(), Breach> {
        if attempt.number() != self.issued + 1 {
            let message = format!("{attempt} starts, and the next is a{}", self.issued + 1);
            return broken(Broken::Log, message);
        }
        let known = self.namespace.host(self.namespace.id(host)?);
        if let Some((other, earlier)) = known.running {
            return broken(
                Broken::Once,
                format!("`{host}` starts while {earlier} of {other} runs there"),
            );
        }
        if known.gone {
            return broken(Broken::Log, format!("`{host}` starts, and has left the fleet"));
        }
        let at = self.at;
        let Self { namespace, jobs, .. } = self;
        let job = job(jobs, id)?;
        let task = job.task(host)?;
        job.may_start(namespace, task, at)?;
        job.set(namespace, task, TaskState::Running, at)?;
        job.limits.begin(attempt, at);
        (job.tasks[task].phase, job.tasks[task].cancelling) = ((Phase::Connect, at), false);
        let host_id = namespace.id(host)?;
        namespace.change(host_id, |host| host.running = Some((id, attempt)));
        self.running.insert(attempt, (id, host.clone()));
        self.issued += 1;
        Ok(())
    }

    pub(super) fn enter(
        &mut self,
        job: JobId,
        host: &HostName,
        attempt: AttemptId,
        phase: Phase,
    ) -> Result<(), Breach> {
        let (task, at) = (self.attempt(job, host, attempt)?, self.at);
        let job = self.job(job)?;
        if phase == Phase::Settle {
            job.limits.ends_in_time(attempt, at)?;
            job.limits.end(attempt);
        }
        let task = &mut job.tasks[task];
        if phase <= task.phase.0 {
            return broken(Broken::Log, format!("{attempt} goes back to {phase}"));
        }
        task.phase = (phase, at);
        Ok(())
    }

    /// The task that this attempt is at.
    pub(super) fn attempt(&mut self, id: JobId, host: &HostName, attempt: AttemptId) -> Result<usize, Breach> {
        match self.running.get(&attempt) {
            Some((job, at)) if *job == id && at == host => self.job(id)?.task(host),
            _ => broken(Broken::Log, format!("{attempt} of {id} does not run on `{host}`")),
        }
    }

    pub(super) fn end(&mut self, id: JobId, task: usize, attempt: AttemptId, to: TaskState) -> Result<(), Breach> {
        let at = self.at;
        let Self { namespace, jobs, .. } = self;
        let job = job(jobs, id)?;
        // What ran when its dispatcher died is learned of late.
        if to != TaskState::InDoubt {
            job.limits.ends_in_time(attempt, at)?;
        }
        job.limits.end(attempt);
        job.set(namespace, task, to, at)?;
        let host = namespace.id(&job.hosts[task])?;
        namespace.change(host, |host| {
            // A host that has left the fleet is counted until it ends, and no longer.
            (host.running, host.down) = (None, host.down && !host.gone);
            if to == TaskState::Succeeded || host.gone {
                host.bad.clear();
            } else {
                host.bad.insert(id);
            }
        });
        self.running.remove(&attempt);
        Ok(())
    }
}
