//! The rules once more, as plainly as can be: from events alone, without any data structure of the scheduler.
//!
//! One function says whether a host may start. Every start must be allowed by it, and between inputs every host
//! that waits must be forbidden by it.

mod groups;
mod holds;
mod job;
mod restores;
mod start;

use std::collections::{BTreeMap, BTreeSet};
use std::ops::RangeInclusive;
use std::sync::Arc;

use pogo_core::Timestamp;
use pogo_core::fleet::{Fleet, HostName, Selector};
use pogo_core::plan::{HoldOwner, JobSpec, Plan};
use pogo_core::policy::{Policy, WaveGate};
use pogo_core::scheduler::{
    AttemptId, Event, JobEvent, JobEventKind, JobId, NamespaceEventKind, Record, TaskEvent, TaskEventKind, TaskState,
};

use groups::{Group, Rules};
use job::Job;

#[derive(Clone, Default)]
pub(crate) struct Oracle {
    fleet: Arc<Fleet>,
    policy: Arc<Policy>,
    rules: Arc<Rules>,
    running: BTreeMap<HostName, (JobId, AttemptId)>,
    /// Hosts that a job left failed or in doubt, and nobody has made well since.
    bad: BTreeSet<(HostName, JobId)>,
    down: Group,
    /// Hosts that somebody holds, and those that somebody waits for.
    held: BTreeMap<HostName, HoldOwner>,
    awaited: BTreeSet<(HostName, HoldOwner)>,
    jobs: BTreeMap<JobId, Job>,
    retired: BTreeSet<JobId>,
    ended: BTreeSet<AttemptId>,
    /// Attempts that run, ask for permission and have none.
    unpermitted: BTreeSet<AttemptId>,
    freezes: Vec<Selector>,
    /// Attempts that were permitted by a transport that can ask their host, which has not said that they are over.
    fenceable: BTreeSet<AttemptId>,
    /// Such attempts that are in doubt.
    unfenced: BTreeMap<(HostName, JobId), AttemptId>,
    /// Attempts in doubt on hosts that an earlier attempt of their job had left bad.
    twice: BTreeSet<AttemptId>,
    incarnation: u64,
    /// The highest number of an attempt.
    last: u64,
    /// Numbers that were perhaps given to attempts of which a restored journal knows nothing.
    lost: Vec<RangeInclusive<u64>>,
    /// Attempts that had not ended when the namespace was restored, and jobs that went on: nothing else happens before
    /// they are in doubt, and paused.
    unsettled: BTreeSet<AttemptId>,
    unpaused: BTreeSet<JobId>,
    /// Attempts whose hosts have succeeded and are watched.
    settling: BTreeSet<AttemptId>,
}

impl Oracle {
    /// Takes note of an event, or says which rule it breaks.
    pub(crate) fn take(&mut self, Record { at, event, .. }: &Record) -> Result<(), String> {
        self.settle_restore(event)?;
        match event {
            Event::Namespace(event) => self.take_of_namespace(&event.kind),
            Event::Host(event) => self.take_of_host(event),
            Event::Job(event) => self.take_of_job(event),
            Event::Task(event) => self.take_of_task(*at, event),
            _ => Err(format!("{event:?} is new")),
        }
    }

    fn take_of_namespace(&mut self, event: &NamespaceEventKind) -> Result<(), String> {
        match event {
            NamespaceEventKind::Configured { fleet, policy } => {
                let loaded = |error: pogo_core::scheduler::ContentNotLoaded| error.to_string();
                self.configure(fleet.loaded().map_err(loaded)?, policy.loaded().map_err(loaded)?);
            }
            NamespaceEventKind::Restored {
                incarnation, fences, ..
            } => self.restore(incarnation.0, *fences)?,
            NamespaceEventKind::OwnerChanged { .. } | NamespaceEventKind::Ordered { .. } => {}
            NamespaceEventKind::HostsFrozen { hosts, .. } => self.freezes.push(hosts.clone()),
            NamespaceEventKind::HostsThawed { hosts, .. } => self.freezes.retain(|frozen| frozen != hosts),
            NamespaceEventKind::LateReported { attempt, .. } => {
                let settles = || self.running.values().any(|(_, running)| running == attempt);
                let lost = self.lost.iter().any(|lost| lost.contains(&attempt.number()));
                if !self.ended.contains(attempt) && !settles() && !lost {
                    return Err(format!("{attempt} is not late"));
                }
            }
            _ => return Err(format!("{event:?} is new")),
        }
        Ok(())
    }

    fn take_of_task(&mut self, at: Timestamp, event: &TaskEvent) -> Result<(), String> {
        let TaskEvent { job, host, kind, .. } = event;
        match kind {
            TaskEventKind::Started {
                attempt,
                asks_permission,
                ..
            } => {
                if self.ended.contains(attempt) || self.running.values().any(|(_, other)| other == attempt) {
                    return Err(format!("{attempt} is not new"));
                }
                if attempt.number() != self.last + 1 {
                    return Err(format!("{attempt} starts after a{}", self.last));
                }
                self.last = attempt.number();
                self.may_start(*job, host, at)?;
                self.running.insert(host.clone(), (*job, *attempt));
                if *asks_permission {
                    self.unpermitted.insert(*attempt);
                }
                self.set(*job, host, TaskState::Running);
            }
            TaskEventKind::Permitted { attempt, fences, .. } => {
                self.may_begin(*job, host)?;
                self.unpermitted.remove(attempt);
                if *fences {
                    self.fenceable.insert(*attempt);
                }
            }
            TaskEventKind::Fenced {
                attempt,
                answer,
                reopens,
            } => {
                if answer.is_final() {
                    self.fenceable.remove(attempt);
                    self.unfenced.retain(|_, unfenced| unfenced != attempt);
                }
                if *reopens {
                    self.reopen(*job, host, *attempt)?;
                }
            }
            TaskEventKind::NeverBegan {
                attempt, not_before, ..
            } => {
                self.end(*job, host, *attempt)?;
                self.unpermitted.remove(attempt);
                self.set(*job, host, TaskState::Waiting);
                let job = self.jobs.get_mut(job).ok_or("no such job")?;
                job.delays.insert(host.clone(), (*not_before, *not_before));
                if self.fleet.id(host.as_str()).is_none() {
                    self.bad.retain(|(bad, _)| bad != host);
                    self.down.remove(host);
                }
            }
            TaskEventKind::Succeeded { attempt, .. } => {
                self.has_begun(*attempt)?;
                self.end(*job, host, *attempt)?;
                self.bad.retain(|(bad, _)| bad != host);
                self.set(*job, host, TaskState::Succeeded);
            }
            TaskEventKind::Failed { attempt, .. } | TaskEventKind::InDoubt { attempt, .. } => {
                if matches!(kind, TaskEventKind::InDoubt { .. }) {
                    self.has_begun(*attempt)?;
                }
                self.unpermitted.remove(attempt);
                self.end(*job, host, *attempt)?;
                if self.fleet.id(host.as_str()).is_some() && !self.bad.insert((host.clone(), *job)) {
                    self.twice.insert(*attempt);
                }
                if matches!(kind, TaskEventKind::InDoubt { .. }) && self.fenceable.contains(attempt) {
                    self.unfenced.insert((host.clone(), *job), *attempt);
                }
                self.set(*job, host, TaskState::Failed);
            }
            TaskEventKind::Retried { not_before, .. } => {
                self.is_fenced(&(host.clone(), *job))?;
                self.set(*job, host, TaskState::Waiting);
                let job = self.jobs.get_mut(job).ok_or("no such job")?;
                job.delays.insert(host.clone(), (at, *not_before));
                if std::mem::take(&mut job.finished) {
                    job.go_on(&self.rules.budgets);
                }
            }
            TaskEventKind::Skipped => {
                self.is_fenced(&(host.clone(), *job))?;
                let held = self.bad.remove(&(host.clone(), *job));
                if self.retired.contains(job) && !held {
                    return Err(format!("{host} is not held by {job}, which has retired"));
                }
                self.set(*job, host, TaskState::Skipped);
            }
            TaskEventKind::Cancelled => self.set(*job, host, TaskState::Cancelled),
            TaskEventKind::PhaseEntered { attempt, .. } => self.has_begun(*attempt)?,
            TaskEventKind::HostKeyRecorded { .. }
            | TaskEventKind::Slow { .. }
            | TaskEventKind::CancelRequested { .. } => {
                self.jobs.get(job).ok_or("no such job")?;
            }
            _ => return Err(format!("{event:?} is new")),
        }
        Ok(())
    }

    fn take_of_job(&mut self, event: &JobEvent) -> Result<(), String> {
        let JobEvent { job: id, kind, .. } = event;
        if let JobEventKind::Submitted { spec, hosts, retry_of } = kind {
            let held = |of: &JobId| {
                let left = |host: &HostName| self.bad.contains(&(host.clone(), *of));
                self.retired.contains(of) && hosts.iter().all(left)
            };
            if self.retired.contains(id) || !retry_of.as_ref().is_none_or(held) {
                return Err(format!("{event:?} cannot come of a job that has retired"));
            }
            return self.submit(*id, spec, hosts);
        }
        let job = self.jobs.get_mut(id).ok_or("no such job")?;
        match kind {
            JobEventKind::Retired => {
                if !job.finished {
                    return Err(format!("{id} retires before it is finished"));
                }
                self.jobs.remove(id);
                self.retired.insert(*id);
            }
            JobEventKind::Paused | JobEventKind::Halting { .. } | JobEventKind::Halted => job.goes_on = false,
            JobEventKind::Resumed => job.go_on(&self.rules.budgets),
            JobEventKind::Finished { .. } => (job.goes_on, job.finished) = (false, true),
            JobEventKind::Altered { change } => {
                job.take_settings(change.apply(&job.settings));
                job.close_waves();
            }
            JobEventKind::WaveOpened { wave, ordered } => {
                if !ordered && job.settings.gate == Some(WaveGate::Manual) {
                    return Err(format!("wave {wave} opens without an order"));
                }
                let wave = *wave as usize;
                if !job.moved && !job.waves[..wave].iter().all(|wave| job.wave_is_complete(wave)) {
                    return Err(format!("wave {wave} opens before those ahead of it are complete"));
                }
                job.opened.insert(wave);
            }
            JobEventKind::FailureBudgetExceeded { .. }
            | JobEventKind::Blocked { .. }
            | JobEventKind::Waiting
            | JobEventKind::Unblocked => {}
            _ => return Err(format!("{kind:?} is new")),
        }
        Ok(())
    }

    /// A host in doubt that may have begun is freed or tried again only on its word, or by force.
    pub(super) fn is_fenced(&self, at: &(HostName, JobId)) -> Result<(), String> {
        match self.unfenced.get(at) {
            Some(attempt) => Err(format!(
                "{} of {} is let go, and {attempt} may still run there",
                at.0, at.1
            )),
            None => Ok(()),
        }
    }

    /// The end of an attempt that was in doubt follows.
    fn reopen(&mut self, id: JobId, host: &HostName, attempt: AttemptId) -> Result<(), String> {
        if let Some(other) = self.running.insert(host.clone(), (id, attempt)) {
            return Err(format!("{attempt} goes on where {other:?} runs"));
        }
        if !self.ended.remove(&attempt) {
            return Err(format!("{attempt} goes on, and has not ended"));
        }
        if !self.twice.contains(&attempt) {
            self.bad.remove(&(host.clone(), id));
        }
        let job = self.jobs.get_mut(&id).ok_or("no such job")?;
        if std::mem::take(&mut job.finished) {
            // Of what a restore left, nothing goes on by itself.
            job.goes_on = !self.lost.iter().any(|lost| attempt.number() <= *lost.end());
        }
        self.set(id, host, TaskState::Running);
        Ok(())
    }

    fn configure(&mut self, fleet: &Arc<Fleet>, policy: &Arc<Policy>) {
        (self.fleet, self.policy) = (Arc::clone(fleet), Arc::clone(policy));
        self.rules = Arc::new(Rules::of(fleet, policy));
        self.bad
            .retain(|(host, _)| fleet.id(host.as_str()).is_some() || self.running.contains_key(host));
        self.down
            .retain(|host| fleet.id(host.as_str()).is_some() || self.running.contains_key(host));
        self.jobs.values_mut().for_each(|job| job.moved = true);
    }

    fn submit(&mut self, id: JobId, spec: &Arc<JobSpec>, hosts: &[HostName]) -> Result<(), String> {
        let waves = Plan::compile(&self.fleet, &self.policy, spec)
            .map(|plan| plan.stages.into_iter().filter(|stage| stage.stage.wave.is_some()))
            .map(|waves| waves.map(|wave| wave.hosts.into_iter().collect()).collect())
            .unwrap_or_default();
        let fresh = Job {
            spec: Arc::clone(spec),
            tasks: hosts.iter().map(|host| (host.clone(), TaskState::Waiting)).collect(),
            delays: BTreeMap::new(),
            goes_on: true,
            finished: false,
            settings: spec.settings.clone(),
            accepted: 0,
            forgiven: BTreeMap::new(),
            waves,
            opened: BTreeSet::new(),
            moved: false,
        };
        match self.jobs.insert(id, fresh) {
            None => Ok(()),
            Some(_) => Err(format!("{id} was submitted before")),
        }
    }

    fn end(&mut self, job: JobId, host: &HostName, attempt: AttemptId) -> Result<(), String> {
        self.ended.insert(attempt);
        if self.fleet.id(host.as_str()).is_none() {
            // A host that has left the fleet is counted until it ends, and no longer.
            self.down.remove(host);
            self.bad.retain(|(bad, _)| bad != host);
        }
        match self.running.remove(host) {
            Some(running) if running == (job, attempt) => Ok(()),
            other => Err(format!("{host} ends {attempt} of {job} and runs {other:?}")),
        }
    }

    fn set(&mut self, job: JobId, host: &HostName, state: TaskState) {
        let Some(job) = self.jobs.get_mut(&job) else { return };
        job.tasks.insert(host.clone(), state);
        // Failures that an operator accepted are forgotten with the failure.
        job.accepted = job.accepted.min(job.count(TaskState::Failed));
        for (group, forgiven) in std::mem::take(&mut job.forgiven) {
            let failed = job.failed(&group);
            job.forgiven.insert(group, forgiven.min(failed));
        }
        // A wave whose predecessors are no longer complete closes again.
        job.close_waves();
    }
}
