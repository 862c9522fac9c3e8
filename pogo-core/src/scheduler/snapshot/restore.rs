//! Restores a state from a snapshot.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::job::{JobData, TaskRun};
use super::last_attempt::LastAttempt;
use super::{DoubtData, HoldView, RestoreError, RunningData, Snapshot};
use crate::fleet::{HostId, HostName, unfold};
use crate::plan::Rules;
use crate::scheduler::limits::Usage;
use crate::scheduler::state::{Budget, Doubt, FailedAttempt, HostState, Hosts, Job, Running, State};
use crate::scheduler::{Content, JobId, JobStatus, TaskState};

impl State {
    /// The state that this snapshot was taken of; see [`Scheduler::restore`](crate::scheduler::Scheduler::restore).
    pub(in crate::scheduler) fn restore(snapshot: &Snapshot) -> Result<Self, RestoreError> {
        if snapshot.version > Snapshot::VERSION {
            return Err(RestoreError::Newer {
                found: snapshot.version,
            });
        }
        let state = Self::restored(snapshot)?;
        // Whatever damage the checks on the way do not see would be decided upon: hosts would run
        // that may not.
        state.verify().map_err(RestoreError::damaged)?;
        Ok(state)
    }

    fn restored(snapshot: &Snapshot) -> Result<Self, RestoreError> {
        let mut state = Self::restored_fleet(snapshot)?;
        // Before the jobs: which of their tasks wait for hosts that have left is worked out from it.
        state.restore_left(snapshot)?;
        for freeze in &snapshot.freezes {
            if state.freezes.get(&freeze.hosts).is_some() {
                return Err(RestoreError::damaged(format!("`{}` is frozen twice", freeze.hosts)));
            }
            state.freeze(freeze.clone()).map_err(RestoreError::damaged)?;
        }
        // Before the hosts that are stuck, which takes from it whether each is held.
        state.restore_holds(snapshot)?;
        for job in &snapshot.jobs {
            let restored = state.restored_job(job)?;
            if state.insert_job(restored).is_some() {
                return Err(RestoreError::damaged(format!("{} is there twice", job.job)));
            }
            if job.status != JobStatus::Finished {
                state.active.insert(job.job);
            }
        }
        state.restore_retired(snapshot)?;
        state.restore_numbers(snapshot)?;
        state.index_jobs();
        state.restore_stuck(snapshot)?;
        state.restore_attempts(snapshot)?;
        Ok(state)
    }

    /// The hosts and the rules, before any job.
    fn restored_fleet(snapshot: &Snapshot) -> Result<Self, RestoreError> {
        let (fleet, policy) = (Arc::clone(snapshot.fleet.loaded()?), snapshot.policy.loaded()?);
        let mut removed: Vec<HostId> = unfold(&snapshot.removed)
            .map_err(RestoreError::damaged)?
            .iter()
            .map(|host| fleet.id(host.as_str()).ok_or_else(|| unknown(host)))
            .collect::<Result<_, _>>()?;
        removed.sort_unstable();
        let rules = Rules::compile_without(&fleet, policy, &removed).map_err(RestoreError::damaged)?;
        // A scheduler that was never configured knows no host.
        let configured = snapshot.configured.as_ref().map(Content::loaded).transpose()?;
        let configured = configured.or(Some(&fleet).filter(|fleet| !fleet.is_empty()));
        let mut state = Self {
            at: snapshot.at,
            given: configured.cloned(),
            hosts: Hosts::new(fleet.len()),
            usage: Usage::none(&rules),
            policy: Arc::clone(policy),
            fleet,
            rules,
            ..Self::default()
        };
        for host in removed {
            state.hosts.remove(host, snapshot.at);
        }
        Ok(state)
    }

    /// When hosts left the fleet, where that was not at the moment of the snapshot.
    fn restore_left(&mut self, snapshot: &Snapshot) -> Result<(), RestoreError> {
        for left in &snapshot.left {
            for host in unfold(&left.hosts).map_err(RestoreError::damaged)? {
                let host = self.known(&host)?;
                if left.at > snapshot.at || !self.hosts.is_removed(host) {
                    return Err(RestoreError::damaged("a host has left the fleet later, or not at all"));
                }
                self.hosts.remove(host, left.at);
            }
        }
        Ok(())
    }

    fn restore_attempts(&mut self, snapshot: &Snapshot) -> Result<(), RestoreError> {
        if snapshot.attempts > u64::MAX / 2 {
            // No journal is that long, and the numbers of later attempts must not overflow.
            return Err(RestoreError::damaged("the number of attempts is out of range"));
        }
        self.attempts.resume_after(snapshot.attempts);
        for running in &snapshot.running {
            self.restore_running(running, snapshot.attempts)?;
        }
        self.check_running(snapshot)?;
        let mut doubts = snapshot.doubts.iter();
        doubts.try_for_each(|doubt| self.restore_doubt(doubt, snapshot.attempts))
    }

    fn restore_holds(&mut self, snapshot: &Snapshot) -> Result<(), RestoreError> {
        for HoldView { host, hold } in &snapshot.holds {
            let twice = hold.since.is_some() && self.holds.in_force(host).is_some();
            if twice || self.holds.of(host, &hold.owner).is_some() {
                return Err(RestoreError::damaged(format!("`{host}` is held twice")));
            }
            self.holds.put(host, hold.clone());
        }
        Ok(())
    }

    fn restore_numbers(&mut self, snapshot: &Snapshot) -> Result<(), RestoreError> {
        let last = self.last_known_job();
        self.last_job = snapshot.last_job.unwrap_or(last);
        if self.last_job < last || self.last_job.index() < last.index() {
            return Err(RestoreError::damaged(format!("{last} has a number that was not given")));
        }
        snapshot
            .requests
            .iter()
            .for_each(|known| self.requests.add(known.clone()));
        self.restorations.clone_from(&snapshot.restorations);
        Ok(())
    }

    fn restored_job(&self, data: &JobData) -> Result<Job, RestoreError> {
        let names: Arc<[HostName]> = unfold(&data.hosts).map_err(RestoreError::damaged)?.into();
        let hosts: Vec<HostId> = names.iter().map(|host| self.known(host)).collect::<Result<_, _>>()?;
        let distinct: BTreeSet<HostId> = hosts.iter().copied().collect();
        let tasks: u64 = data.tasks.iter().map(|run| u64::from(run.hosts)).sum();
        if hosts.is_empty() || distinct.len() < hosts.len() || tasks != hosts.len() as u64 {
            let message = format!("the hosts and tasks of {} do not match", data.job);
            return Err(RestoreError::damaged(message));
        }
        let compiled = match self.compile(&data.spec, hosts.clone(), Arc::clone(&names)) {
            // A policy is accepted whether or not finished jobs fit it, so this one may not.
            Err(_) if data.status == JobStatus::Finished => self.compile_unordered(hosts, names),
            compiled => compiled.map_err(RestoreError::damaged)?,
        };
        let given = Arc::new(data.given());
        let mut job = Job::new(data.job, Arc::clone(&data.spec), compiled, given, data.submitted);
        (job.status, job.retry_of) = (data.status, data.retry_of);
        if job.status == JobStatus::Finished {
            job.finished = data.finished.unwrap_or(self.at);
        }
        job.notes = data.notes.clone();
        (job.submitted_by, job.steered) = (data.submitted_by.clone(), data.steered.clone());
        job.stopped_by.clone_from(&data.stopped_by);
        (job.aborted, job.limit_spent) = (data.aborted, data.limit_spent);
        self.restore_tasks(&mut job, &data.tasks);
        LastAttempt::restore_all(&data.attempts, &mut job)?;
        job.left = self.waiting_on_left(&job);
        let baking = data
            .baking
            .and_then(|(wave, since)| Some((job.stages.wave(wave)?, since)));
        let open: Vec<_> = data.waves.iter().filter_map(|&wave| job.stages.wave(wave)).collect();
        if !job.gates.restore_waves(&job.stages, &open, baking) {
            return Err(RestoreError::damaged(format!(
                "the waves of {} do not match its tasks",
                data.job
            )));
        }
        self.restore_budgets(&mut job, data);
        for backoff in &data.backoffs {
            let task = self.task_in(&job, &backoff.0)?;
            job.backoffs.insert(task, backoff.backoff(&data.settings));
        }
        for (host, failure) in &data.failures {
            job.failures.insert(self.task_in(&job, host)?, failure.clone());
        }
        Ok(job)
    }

    fn restore_tasks(&self, job: &mut Job, runs: &[TaskRun]) {
        let records = runs
            .iter()
            .flat_map(|run| std::iter::repeat_n(run.task(), run.hosts as usize));
        for (task, record) in (0..).zip(records) {
            self.restore_task(job, task, record);
        }
    }

    fn restore_budgets(&self, job: &mut Job, data: &JobData) {
        job.budget
            .restore(data.budget.allowed, data.budget.forgiven, data.budget.tripped);
        for (&at, budget) in &mut job.budgets {
            let group = &self.rules.budgets()[at as usize];
            let kept = data
                .budgets
                .iter()
                .find(|kept| kept.group == group.group && kept.limit == group.limit);
            if let Some(kept) = kept {
                budget.restore(kept.budget.allowed, kept.budget.forgiven, kept.budget.tripped);
            }
        }
    }

    fn restore_retired(&mut self, snapshot: &Snapshot) -> Result<(), RestoreError> {
        self.retired.highest = snapshot.retired;
        for data in &snapshot.remnants {
            let (job, remnant) = (data.job, data.remnant());
            if remnant.hosts.is_empty() || self.retired.remnants.insert(job, remnant).is_some() {
                return Err(RestoreError::damaged(format!(
                    "what is left of {job} is nothing, or there twice"
                )));
            }
        }
        Ok(())
    }

    fn restore_stuck(&mut self, snapshot: &Snapshot) -> Result<(), RestoreError> {
        for data in &snapshot.stuck {
            let host = self.known(&data.host)?;
            let failed_attempt = data.job.map(|job| FailedAttempt {
                job,
                in_doubt: data.in_doubt,
                at: data.ended.unwrap_or(data.since),
            });
            let mut state = self.host(host);
            let marked = data.marked.unwrap_or(data.since);
            // A hold of a host that has left stays, and takes effect again when the host comes
            // back.
            state.held = state.left.is_none() && self.holds.in_force(&data.host).is_some();
            (state.failed_attempt, state.down) = (failed_attempt, data.down.then_some(marked));
            if state.is_stuck() {
                state.since = data.since;
            }
            self.put_host(host, state);
            if failed_attempt.is_some() {
                let earlier = data
                    .earlier
                    .iter()
                    .map(|&(job, in_doubt, at)| FailedAttempt { job, in_doubt, at });
                self.hosts.set_earlier(host, earlier.collect());
            }
        }
        Ok(())
    }

    fn restore_running(&mut self, data: &RunningData, issued: u64) -> Result<(), RestoreError> {
        let task = (data.job, self.task_in(self.known_job(data.job)?, &data.host)?);
        let host = self.known(&data.host)?;
        if self.hosts.is_leased(host)
            || !(1..=issued).contains(&data.attempt.number())
            || self.attempts.get(data.attempt).is_some()
        {
            let message = format!("attempt {} on `{}` cannot be", data.attempt, data.host);
            return Err(RestoreError::damaged(message));
        }
        let target = self.known_job(data.job)?.target(task.1).clone();
        self.attempts.begin(
            data.attempt,
            Running {
                task,
                target,
                phase: data.phase,
                started: data.started,
                since: data.since,
                cancelling: data.cancelling,
                slow: data.slow,
                permission: data.permission,
                fence: data.fence,
            },
        );
        let (id, at) = task;
        if let Some(job) = self.jobs.get_mut(&id) {
            job.tasks[at as usize].attempt = data.attempt;
        }
        let since = data.unavailable.unwrap_or(data.started);
        let state = HostState {
            leased: true,
            since,
            ..self.host(host)
        };
        self.put_host(host, state);
        Ok(())
    }

    fn restore_doubt(&mut self, data: &DoubtData, issued: u64) -> Result<(), RestoreError> {
        let is_in_doubt = match self.retired.holds(data.job, &data.host) {
            true => true,
            false => {
                let job = self.known_job(data.job)?;
                job.task(self.task_in(job, &data.host)?).state == TaskState::InDoubt
            }
        };
        if !is_in_doubt
            || !(1..=issued).contains(&data.attempt.number())
            || self.attempts.get(data.attempt).is_some()
            || self.doubts.of_attempt(data.attempt).is_some()
        {
            let message = format!("attempt {} on `{}` cannot be in doubt", data.attempt, data.host);
            return Err(RestoreError::damaged(message));
        }
        let job = data.job;
        let doubt = Doubt {
            attempt: data.attempt,
            host_lock: data.host_lock,
            fence: data.fence,
            before: data.before.map(|(in_doubt, at)| FailedAttempt { job, in_doubt, at }),
        };
        self.doubts.insert((data.host.clone(), job), doubt);
        Ok(())
    }

    /// Every running task has an attempt; that every attempt has a running task is for `verify` to say.
    fn check_running(&self, snapshot: &Snapshot) -> Result<(), RestoreError> {
        let running: u64 = self.jobs.values().map(|job| u64::from(job.tally.running)).sum();
        if running != snapshot.running.len() as u64 {
            return Err(RestoreError::damaged("tasks that run and attempts do not match"));
        }
        let over = self.jobs.values().find(|job| {
            job.status == JobStatus::Finished && (job.tally.running > 0 || job.tally.waiting > 0)
                || job.status == JobStatus::Halted && job.tally.running > 0
        });
        match over {
            Some(job) => Err(RestoreError::damaged(format!(
                "{} is over, and its tasks are not",
                job.id
            ))),
            None => Ok(()),
        }
    }

    fn known(&self, host: &HostName) -> Result<HostId, RestoreError> {
        self.fleet.id(host.as_str()).ok_or_else(|| unknown(host))
    }

    fn known_job(&self, job: JobId) -> Result<&Job, RestoreError> {
        let unknown = || RestoreError::damaged(format!("{job} is unknown"));
        self.jobs.get(&job).ok_or_else(unknown)
    }

    fn task_in(&self, job: &Job, host: &HostName) -> Result<u32, RestoreError> {
        job.task_of(self.known(host)?).ok_or_else(|| unknown(host))
    }
}

impl Budget {
    fn restore(&mut self, allowed: u32, forgiven: u32, tripped: bool) {
        (self.allowed, self.forgiven, self.tripped) = (allowed, forgiven.min(self.failures), tripped);
    }
}

fn unknown(host: &HostName) -> RestoreError {
    RestoreError::damaged(format!("host `{host}` is unknown"))
}
