//! Hosts in doubt: an attempt that was permitted to begin may still run there until its host says otherwise, or an
//! operator answers for it.

use crate::finding::{Breach, BrokenRule, broken, unknown};
use crate::state::job::Job;
use crate::state::task::Task;
use crate::state::{AuditState, LeftInDoubt};
use pogo_core::fleet::HostName;
use pogo_core::scheduler::{AttemptId, FenceAnswer, JobId, JobStatus, Outcome, Phase, TaskState};

impl AuditState {
    /// A host has reported the state of an attempt.
    pub(crate) fn fence(
        &mut self,
        (id, host): (JobId, &HostName),
        attempt: AttemptId,
        answer: &FenceAnswer,
        reopens: bool,
    ) -> Result<(), Breach> {
        // A retired job has no tasks any more, but its hosts keep their slots until somebody
        // answers for them.
        if self.retired.contains(&id) && !reopens {
            return self.fence_left((id, host.clone()), attempt, answer);
        }
        let is_over = answer.is_final();
        let runs = self.running.contains_key(&attempt);
        if runs {
            self.attempt(id, host, attempt)?;
        }
        let job = self.job(id)?;
        let at = job.task(host)?;
        let task = &mut job.tasks[at];
        if !runs && task.state != TaskState::InDoubt {
            return broken(
                BrokenRule::Log,
                format!("`{host}` answers for {attempt}, and is {}", task.state),
            );
        }
        if is_over && task.unfenced == Some(attempt) {
            task.unfenced = None;
        }
        match reopens {
            true if is_over && !runs => self.go_on(id, at, attempt),
            true => broken(BrokenRule::Log, format!("{attempt} goes on, and its end is not known")),
            false => Ok(()),
        }
    }

    /// The end of an attempt that was in doubt follows.
    fn go_on(&mut self, id: JobId, task: usize, attempt: AttemptId) -> Result<(), Breach> {
        let (at, before_restore) = (self.at, self.restores.precede(attempt));
        let (job, namespace) = self.job_in_namespace(id)?;
        let name = job.hosts[task].clone();
        let host = namespace.id(&name)?;
        if let Some((other, runs)) = namespace.host(host).running {
            return broken(
                BrokenRule::Once,
                format!("{attempt} goes on on `{name}` while {runs} of {other} runs there"),
            );
        }
        let was_over = job.status == JobStatus::Finished;
        job.status = match job.status {
            // A job that waited for nothing but this doubt is running again, as the attempt is.
            JobStatus::Finished => JobStatus::Running,
            JobStatus::Halted => JobStatus::Halting,
            status => status,
        };
        job.set(namespace, task, TaskState::Running, at)?;
        job.limits.begin(attempt, at);
        let task = &mut job.tasks[task];
        // The host no longer says in which phase it was; permission was given, so at least the
        // command may run.
        (task.phase, task.cancelling) = ((Phase::Command, at), false);
        let failed_before = task.failed_before;
        namespace.change(host, |host| {
            host.running = Some((id, attempt));
            // The doubt itself counted as a failure; one from before it stays.
            if !failed_before {
                host.failed_jobs.remove(&id);
            }
        });
        self.running.insert(attempt, (id, name));
        if was_over && before_restore {
            // Of what a restore left, nothing goes on by itself.
            self.restores.pause(id);
        }
        Ok(())
    }

    /// Takes note of the hosts that a job leaves in doubt when it retires.
    pub(crate) fn leave_in_doubt(&mut self, id: JobId, job: &Job) {
        let in_doubt = |(_, task): &(_, &Task)| task.state == TaskState::InDoubt && task.permitted.is_some();
        for (host, task) in job.hosts.iter().zip(&job.tasks).filter(in_doubt) {
            let Some(attempt) = task.permitted else { continue };
            let left = LeftInDoubt {
                attempt,
                unfenced: task.unfenced.is_some(),
                failed_before: task.failed_before,
            };
            self.left_in_doubt.insert((id, host.clone()), left);
        }
    }

    /// A host has reported the state of the attempt of a job that has retired: what it says frees the host, or makes it
    /// failed.
    fn fence_left(&mut self, at: (JobId, HostName), attempt: AttemptId, answer: &FenceAnswer) -> Result<(), Breach> {
        let host = self.namespace.id(&at.1)?;
        let Some(left) = self.left_in_doubt.get_mut(&at).filter(|left| left.attempt == attempt) else {
            let (id, name) = at;
            let message = format!("`{name}` answers for {attempt} of {id}, which did not leave it in doubt");
            return broken(BrokenRule::Log, message);
        };
        left.unfenced &= !answer.is_final();
        let is_well = match answer.outcome() {
            Some(Outcome::Succeeded) => true,
            Some(Outcome::NeverBegan { .. }) => !left.failed_before,
            Some(Outcome::Failed(_)) => false,
            Some(Outcome::InDoubt { .. }) | None => return Ok(()),
            Some(other) => return unknown(&other),
        };
        if is_well {
            self.namespace.change(host, |host| _ = host.failed_jobs.remove(&at.0));
        }
        self.left_in_doubt.remove(&at);
        Ok(())
    }

    /// Refuses to free a host in doubt, or to try it again, while its attempt may still run there.
    pub(crate) fn lets_go_of(&mut self, id: JobId, task: usize, did: &str) -> Result<(), Breach> {
        // An operator answers for a host, which no record of its jobs says.
        match self.only_job {
            Some(_) => Ok(()),
            None => self.job(id)?.lets_go(task, did),
        }
    }

    /// Refuses to free a host that a retired job left in doubt, while its attempt may still run there.
    pub(crate) fn lets_go_of_left(&self, at: (JobId, HostName), did: &str) -> Result<(), Breach> {
        match self.left_in_doubt.get(&at).filter(|left| left.unfenced) {
            Some(_) if self.only_job.is_some() => Ok(()),
            Some(left) => may_still_run(&at.1, left.attempt, did),
            None => Ok(()),
        }
    }

    /// An operator answers for what is in doubt on a host.
    pub(crate) fn force_fence(&mut self, host: &HostName, reason: &str) -> Result<(), Breach> {
        self.namespace.id(host)?;
        if reason.trim().is_empty() {
            return broken(
                BrokenRule::Doubt,
                format!("`{host}` is let go by force, and nobody says why"),
            );
        }
        for job in self.jobs.values_mut() {
            if let Ok(task) = job.task(host)
                && job.tasks[task].state == TaskState::InDoubt
            {
                job.tasks[task].unfenced = None;
            }
        }
        let left = self.left_in_doubt.iter_mut();
        left.filter(|((_, name), _)| name == host)
            .for_each(|(_, left)| left.unfenced = false);
        Ok(())
    }

    /// Refuses to free a host on which an attempt may still run.
    pub(crate) fn may_mark_up(&mut self, host: &HostName) -> Result<(), Breach> {
        let id = self.namespace.id(host)?;
        for of in &self.namespace.host(id).failed_jobs {
            match self.jobs.get(of) {
                Some(job) => job.lets_go(job.task(host)?, "is marked up")?,
                None => self.lets_go_of_left((*of, host.clone()), "is marked up")?,
            }
        }
        Ok(())
    }
}

impl Job {
    /// Refuses to free a host in doubt, or to try it again, while its attempt may still run there.
    pub(crate) fn lets_go(&self, task: usize, did: &str) -> Result<(), Breach> {
        let (host, task) = (&self.hosts[task], &self.tasks[task]);
        match task.unfenced.filter(|_| task.state == TaskState::InDoubt) {
            None => Ok(()),
            Some(attempt) => may_still_run(host, attempt, did),
        }
    }
}

fn may_still_run(host: &HostName, attempt: AttemptId, did: &str) -> Result<(), Breach> {
    broken(
        BrokenRule::Doubt,
        format!("`{host}` {did}, and {attempt} may still run there: the host has not reported its state"),
    )
}
