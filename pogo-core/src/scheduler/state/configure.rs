//! Applies a new fleet or policy while jobs run.

use std::sync::Arc;

use super::{Effect, Effects, HostState, Hosts, Job, State};
use crate::Timestamp;
use crate::fleet::{Fleet, FleetBuilder, FleetError, HostId};
use crate::plan::{BudgetGroup, PlanError, Rules};
use crate::policy::Policy;
use crate::scheduler::limits::Usage;
use crate::scheduler::{ApplyError, ConfigureError, JobStatus};

impl State {
    /// The state under another fleet and policy. Running tasks keep their slots: a host that is no longer in the
    /// fleet stays, with the tags it had, for as long as it runs.
    pub(crate) fn configured(
        &self,
        at: Timestamp,
        fleet: &Arc<Fleet>,
        policy: &Arc<Policy>,
    ) -> Result<Self, ConfigureError> {
        let leaving = self.leaving(fleet);
        let given = Some(Arc::clone(fleet));
        let (fleet, removed) = self.with_leaving(fleet, &leaving)?;
        // All of it on a copy: a policy that does not fit leaves the state as it was.
        let rules = Rules::compile_without(&fleet, policy, &removed)?;
        let mut next = Self {
            at,
            given,
            hosts: Hosts::new(fleet.len()),
            ..self.clone()
        };
        next.usage = Usage::none(&rules);
        (next.fleet, next.policy, next.rules) = (fleet, Arc::clone(policy), rules);
        next.freezes = self
            .freezes
            .moved(&next.fleet)
            .map_err(|named| ConfigureError::Frozen {
                freeze: Box::new(named.0),
                error: Box::new(named.1),
            })?;
        // Before the jobs, which note those of their waiting hosts that have left.
        for &host in &removed {
            let before = self.fleet.id(next.fleet.name(host).as_str());
            let left = before.and_then(|before| self.hosts.left(before));
            next.hosts.remove(host, left.unwrap_or(at));
        }
        for job in self.jobs.values() {
            let job = next.moved(job, &self.rules)?;
            next.insert_job(job);
        }
        // Attempts have copies of their targets, with the ids of the fleet before.
        for running in next.attempts.iter_mut() {
            let (job, task) = running.task;
            if let Some(job) = next.jobs.get(&job) {
                running.target = job.target(task).clone();
            }
        }
        // Before the hosts: what runs on a host is found through its jobs.
        next.index_jobs();
        next.move_hosts(self);
        // Behind the hosts: what is left of retired jobs is kept by hosts that still hold slots.
        next.prune_remnants();
        next.hold_returned();
        Ok(next)
    }

    pub(super) fn configure(
        &mut self,
        fleet: &Arc<Fleet>,
        policy: &Arc<Policy>,
        decided: Option<Box<Self>>,
        effects: &mut Effects,
    ) -> Result<(), ApplyError> {
        *self = match decided {
            // The answer to the request itself was noted after this state was decided.
            Some(next) => Self {
                requests: std::mem::take(&mut self.requests),
                ..*next
            },
            None => self.configured(self.at, fleet, policy)?,
        };
        effects.push(Effect::Rebuild);
        Ok(())
    }

    /// Hosts that the new fleet does not have, and that jobs still know.
    fn leaving(&self, fleet: &Fleet) -> Vec<HostId> {
        let mut leaving: Vec<HostId> = self
            .jobs
            .values()
            .flat_map(Job::hosts)
            .filter(|&host| fleet.id(self.fleet.name(host).as_str()).is_none())
            .collect();
        leaving.sort_unstable();
        leaving.dedup();
        leaving
    }

    /// The new fleet and, behind its hosts, those that are leaving: with their tags while they run, without after.
    fn with_leaving(&self, fleet: &Arc<Fleet>, leaving: &[HostId]) -> Result<(Arc<Fleet>, Vec<HostId>), FleetError> {
        if leaving.is_empty() {
            return Ok((Arc::clone(fleet), vec![]));
        }
        let mut builder = FleetBuilder::from(fleet.as_ref());
        for &host in leaving {
            builder = builder.host(self.fleet.name(host).as_str());
            // Without its tags it would be in no bucket, and its slots would be given to others while it still runs.
            if self.hosts.is_leased(host) {
                for tag in self.fleet.tags_of(host) {
                    builder = builder.tag(self.fleet.tag_path(tag).as_str());
                }
            }
        }
        let fleet = builder.build()?;
        let removed = leaving
            .iter()
            .filter_map(|&host| fleet.id(self.fleet.name(host).as_str()))
            .collect();
        Ok((Arc::new(fleet), removed))
    }

    /// A job as it stands, with its stages and budgets as the new fleet and policy have them.
    fn moved(&self, job: &Job, old: &Rules) -> Result<Job, PlanError> {
        let ids = job.hosts_in(&self.fleet);
        let names = Arc::clone(&job.names);
        let compiled = match self.compile(&job.spec, ids, Arc::clone(&names)) {
            // What is over does not stand in the way of a policy. Retrying it is refused as long as it does not fit.
            Err(_) if job.status == JobStatus::Finished => self.compile_unordered(job.hosts_in(&self.fleet), names),
            compiled => compiled?,
        };
        let mut moved = Job::new(
            job.id,
            Arc::clone(&job.spec),
            compiled,
            Arc::clone(&job.given),
            job.submitted,
        );
        (moved.status, moved.finished, moved.retry_of) = (job.status, job.finished, job.retry_of);
        (moved.aborted, moved.limit_spent) = (job.aborted, job.limit_spent);
        moved.notes = job.notes.clone();
        (moved.submitted_by, moved.steered) = (job.submitted_by.clone(), job.steered.clone());
        moved.stopped_by.clone_from(&job.stopped_by);
        (moved.backoffs, moved.failures) = (job.backoffs.clone(), job.failures.clone());
        for (at, task) in (0..).zip(&job.tasks) {
            self.restore_task(&mut moved, at, task.record);
            let moved = &mut moved.tasks[at as usize];
            (moved.attempt, moved.times) = (task.attempt, task.times);
        }
        moved.left = self.waiting_on_left(&moved);
        // With what was forgiven: the tasks above have only counted what failed.
        moved.budget = job.budget;
        moved.gates.keep_waves(&moved.stages, &job.gates, &job.stages);
        moved.keep_budgets(&self.rules, job, old);
        Ok(moved)
    }

    fn move_hosts(&mut self, old: &Self) {
        for at in old.hosts.known() {
            let Some(host) = self.fleet.id(old.fleet.name(at).as_str()) else {
                continue;
            };
            let left = self.hosts.left(host);
            let before = old.host(at);
            let held = before.held && left.is_none();
            let state = HostState { left, held, ..before };
            // What is not in the fleet and runs nothing holds no slots: nobody could give them back.
            if state.leased || left.is_none() {
                self.put_host(host, state);
                self.hosts.set_earlier(host, old.hosts.earlier(at).to_vec());
            }
        }
    }
}

impl Job {
    /// The hosts as this fleet numbers them; it has all of them.
    fn hosts_in(&self, fleet: &Fleet) -> Vec<HostId> {
        // Names stay while ids change with each fleet, so whatever outlives a fleet is found by
        // name.
        let names = self.names.iter();
        names.filter_map(|name| fleet.id(name.as_str())).collect()
    }

    /// Budgets that the policy still has go on as they were, and what an operator accepted stays accepted.
    fn keep_budgets(&mut self, rules: &Rules, before: &Self, old: &Rules) {
        for (&at, budget) in &mut self.budgets {
            let group = &rules.budgets()[at as usize];
            let same = |of: &BudgetGroup| of.group == group.group && of.limit == group.limit;
            let kept = before
                .budgets
                .iter()
                .find(|(at, _)| same(&old.budgets()[**at as usize]));
            match kept {
                Some((_, kept)) => {
                    // A share is of the hosts that the job had there when it was submitted.
                    budget.allowed = kept.allowed;
                    budget.forgiven = kept.forgiven.min(budget.failures);
                    budget.tripped = kept.tripped && budget.is_exceeded();
                }
                None => budget.forgiven = before.budget.forgiven.min(budget.failures),
            }
        }
    }
}
