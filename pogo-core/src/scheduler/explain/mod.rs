//! Explains why a host waits, and which orders help.

mod blockers;
mod cures;
mod forecast;
mod holders;
mod holds;
mod roots;

use std::collections::BTreeSet;

use super::limits::{Usage, has_room};
use super::state::{Job, State};
use super::{Blocker, Cure, CureOrder, JobId, JobStatus, Obstacle, OrderKind, Steered, TaskState};
use crate::Timestamp;
use crate::fleet::HostName;
use crate::plan::{BucketId, StageId};
use crate::policy::WaveGate;
use forecast::Forecast;
use holds::{frozen, held};

impl State {
    /// Everything that keeps a host of a job from starting; see [`Scheduler::explain`](super::Scheduler::explain).
    pub(super) fn explain(&self, now: Timestamp, job: JobId, host: &str) -> Option<Vec<Obstacle>> {
        let job = self.jobs.get(&job)?;
        let task = job.task_of(self.fleet.id(host)?)?;
        Some(Explainer::new(self, now, job, job.status).task(task))
    }
}

/// Finds what is in the way of one job's hosts.
struct Explainer<'a> {
    state: &'a State,
    now: Timestamp,
    forecast: Forecast<'a>,
    job: &'a Job,
    status: JobStatus,
}

impl<'a> Explainer<'a> {
    fn new(state: &'a State, now: Timestamp, job: &'a Job, status: JobStatus) -> Self {
        Self {
            state,
            now,
            forecast: Forecast::new(state),
            job,
            status,
        }
    }

    fn task(&self, task: u32) -> Vec<Obstacle> {
        let job = self.job;
        if job.task(task).state != TaskState::Waiting {
            return vec![];
        }
        let mut found = self.of_job();
        let state = self.state;
        if let Some(delay) = job.backoffs.get(&task).filter(|delay| delay.until > self.now) {
            let (until, never_began) = (delay.until, delay.never_began);
            found.push(Obstacle::passing(Blocker::Backoff { until, never_began }));
        }
        if let Some(since) = state.hosts.left(job.host(task)) {
            let until = since + job.settings.leave_after;
            found.push(Obstacle::passing(Blocker::LeftFleet { since, until }));
        }
        if let Some((other, _)) = state.lease(job.host(task)) {
            found.push(Obstacle::passing(Blocker::Leased { job: other }));
        }
        found.extend(state.freezes.of(job.host(task)).map(frozen));
        found.extend(self.held(task));
        found.extend(self.budgets(task));
        found.extend(self.max_parallel());
        if job.is_unbound {
            return found;
        }
        let closed = self.closed(task);
        for &stage in &closed {
            found.extend(self.gates(stage));
        }
        let full = self.full(task);
        found.extend(self.forecast.full_buckets(&full));
        if !closed.is_empty() {
            for root in self.roots(self.waited_for(task).into_iter()) {
                // What hosts of an earlier stage wait for is often what this one waits for as well.
                if !found.iter().any(|known| known.blocker == root.blocker) {
                    found.push(root);
                }
            }
        }
        found
    }

    /// What holds back the job as a whole.
    fn of_job(&self) -> Vec<Obstacle> {
        let id = self.job.id;
        let resume = || vec![Cure::of(CureOrder::Resume { job: id })];
        match self.status {
            JobStatus::Paused => {
                let steered = self.steered(&[OrderKind::Pause]);
                vec![Obstacle::lasting(Blocker::Paused { steered }, resume())]
            }
            JobStatus::Halting | JobStatus::Halted => {
                let steered = self.steered(&[OrderKind::Halt, OrderKind::Abort]);
                vec![Obstacle::lasting(Blocker::Halted { steered }, resume())]
            }
            JobStatus::Running | JobStatus::Waiting | JobStatus::Blocked | JobStatus::Finished => vec![],
        }
    }

    /// The last order to the job, if it is one of these and more is known of it.
    fn steered(&self, orders: &[OrderKind]) -> Option<Box<Steered>> {
        let last = self.job.steered.as_ref().filter(|last| orders.contains(&last.order));
        // Without either, the status says the same.
        last.filter(|last| last.actor.is_some() || last.reason.is_some())
            .cloned()
    }

    fn max_parallel(&self) -> Option<Obstacle> {
        let job = self.job;
        let limit = job.settings.max_parallel.filter(|_| job.is_at_max_parallel())?.hosts;
        // One more than run now, which are more than the limit where that was lowered.
        let more = CureOrder::MaxParallel {
            job: job.id,
            limit: job.tally.running.saturating_add(1),
        };
        Some(Obstacle {
            cures: vec![Cure::of(more)],
            ..Obstacle::passing(Blocker::JobMaxParallel { limit })
        })
    }

    /// Failure budgets that stop this task.
    fn budgets(&self, task: u32) -> Vec<Obstacle> {
        let rules = &self.state.rules;
        let budgets = rules.profile(self.job.target(task).profile).budgets;
        budgets.iter().filter_map(|&at| self.budget(at)).collect()
    }

    fn budget(&self, at: u32) -> Option<Obstacle> {
        let (job, rules) = (self.job, &self.state.rules);
        let budget = job.budgets.get(&at).filter(|budget| budget.is_exceeded())?;
        let counts = |task: &u32| rules.profile(job.target(*task).profile).budgets.contains(&at);
        let failed: Vec<u32> = job
            .positions()
            .filter(|&task| job.task(task).state.counts_as_failed())
            .filter(counts)
            .collect();
        let blocker = Blocker::FailureBudget {
            group: rules.budgets().get(at as usize)?.group.clone(),
            failures: budget.failures,
            allowed: budget.allowed,
            failed: named(job, &failed),
        };
        Some(Obstacle::lasting(
            blocker,
            self.forecast
                .mend_budget(job, *budget, &failed, self.status.may_resume()),
        ))
    }

    /// The closed gates that a task is behind.
    fn closed(&self, task: u32) -> Vec<StageId> {
        let stages = self.job.stages.of(task).iter().copied();
        stages.filter(|&stage| !self.job.gates.is_open(stage)).collect()
    }

    /// The stages that come before this one and are not complete, the first of them first.
    fn incomplete(&self, stage: StageId) -> Vec<StageId> {
        let before = std::iter::successors(self.job.stages.stage(stage).after, |&at| {
            self.job.stages.stage(at).after
        });
        let mut found: Vec<StageId> = before.filter(|&before| !self.job.gates.is_complete(before)).collect();
        found.reverse();
        found
    }

    /// Why this stage's gate is closed.
    fn gates(&self, stage: StageId) -> Vec<Obstacle> {
        let incomplete = self.incomplete(stage);
        if incomplete.is_empty() && self.job.stages.stage(stage).bakes {
            return vec![self.watched()];
        }
        let gate = |&before: &StageId| self.gate(stage, before);
        incomplete.iter().map(gate).collect()
    }

    /// The obstacle of a wave behind complete stages: an order, or the bake time.
    fn watched(&self) -> Obstacle {
        self.unpromoted().unwrap_or_else(|| {
            let since = self.job.gates.baking().map_or(Timestamp::EPOCH, |(_, since)| since);
            let until = since + self.job.settings.bake;
            Obstacle::passing(Blocker::Baking { until })
        })
    }

    /// The wave that begins by an order, and waits for nothing else. It may come before that of the host in question,
    /// where all hosts of those between have left.
    fn unpromoted(&self) -> Option<Obstacle> {
        let job = self.job;
        let (next, _) = job.gates.baking().filter(|_| job.settings.gate == WaveGate::Manual)?;
        let wave = job.stages.stage(next).wave?;
        let cure = Cure::of(CureOrder::Promote { job: job.id });
        Some(Obstacle::lasting(Blocker::Unpromoted { wave }, vec![cure]))
    }

    /// Whether a wave with hosts that this stage needs begins by an order, now or later.
    fn awaits_promotion(&self, stage: StageId) -> bool {
        let (stages, manual) = (&self.job.stages, self.job.settings.gate == WaveGate::Manual);
        let in_wave = |task: u32| self.closed(task).into_iter().any(|stage| stages.stage(stage).bakes);
        manual && self.of_stages([stage]).into_iter().any(in_wave)
    }

    fn gate(&self, stage: StageId, before: StageId) -> Obstacle {
        let job = self.job;
        let (label, after) = (job.stages.stage(stage), job.stages.stage(before));
        let of_state = |is: fn(TaskState) -> bool| -> Vec<u32> {
            let tasks = after.tasks.iter().copied();
            tasks.filter(|&task| is(job.task(task).state)).collect()
        };
        let pending = of_state(|state| matches!(state, TaskState::Waiting | TaskState::Running));
        let failed = of_state(TaskState::counts_as_failed);
        let cancelled = of_state(|state| state == TaskState::Cancelled);
        let blocker = Blocker::GateClosed {
            sequence: label.sequence.clone(),
            stage: label.label.clone(),
            after: after.label.clone(),
            pending: named(job, &pending),
            failed: named(job, &failed),
            cancelled: named(job, &cancelled),
            allowed: after.allowed_failures,
        };
        let over = failed.len() > after.allowed_failures as usize;
        let mut ended: Vec<u32> = if over { failed } else { vec![] };
        ended.extend(cancelled);
        ended.extend(after.tasks.iter().copied().filter(|&task| self.is_left(task)));
        if ended.is_empty() {
            let tasks = self.of_stages([before]);
            // What will only wait again has to do so before an order can help.
            let passes = job.status.may_start()
                && !self.awaits_promotion(before)
                && !tasks.iter().any(|&task| job.task(task).state == TaskState::Running)
                && self.roots(tasks.into_iter()).is_empty();
            Obstacle {
                passes,
                ..Obstacle::lasting(blocker, vec![])
            }
        } else {
            Obstacle::lasting(blocker, self.forecast.complete_stage(job, &ended))
        }
    }

    /// Who else holds this task's host.
    fn held(&self, task: u32) -> Option<Obstacle> {
        let (state, host) = (self.state, self.job.host(task));
        let name = state.fleet.name(host);
        let hold = state
            .holds
            .in_force(name)
            .filter(|_| state.is_held_against(self.job, host))?;
        Some(held(vec![name.clone()], hold))
    }

    /// The buckets that have no room for this task's host; if somebody else holds it, once it is released.
    fn full(&self, task: u32) -> BTreeSet<BucketId> {
        let state = self.state;
        let host = self.job.host(task);
        let known = state.host(host);
        let held = state.is_held_against(self.job, host);
        let repair = known.leased || known.failed_attempt.is_some() || known.down.is_some() || (known.held && !held);
        let own = |usage: Usage| u32::from(held && !repair && usage.limit.counts_unavailable);
        let without = |usage: Usage| Usage {
            unavailable: usage.unavailable - own(usage),
            ..usage
        };
        let full = state
            .usages(state.rules.profile_of(host))
            .filter(|&(_, usage)| !has_room(without(usage), repair));
        full.map(|(bucket, _)| bucket).collect()
    }

    /// Whether a task waits for a host that has left the fleet.
    fn is_left(&self, task: u32) -> bool {
        let job = self.job;
        job.task(task).state == TaskState::Waiting && self.state.hosts.is_removed(job.host(task))
    }

    /// Whether hosts of this stage have ended in a way that keeps it from being complete.
    fn needs_orders(&self, stage: StageId) -> bool {
        let stage = self.job.stages.stage(stage);
        if stage.tasks.iter().any(|&task| self.is_left(task)) {
            return true;
        }
        let count = |is: fn(TaskState) -> bool| {
            let tasks = stage.tasks.iter();
            tasks.filter(|&&task| is(self.job.task(task).state)).count()
        };
        count(TaskState::counts_as_failed) > stage.allowed_failures as usize
            || count(|state| state == TaskState::Cancelled) > 0
    }

    /// The tasks that wait and that this one waits for, through any number of gates.
    fn waited_for(&self, task: u32) -> BTreeSet<u32> {
        let closed = self.closed(task).into_iter();
        self.of_stages(closed.flat_map(|stage| self.incomplete(stage)))
    }

    /// The tasks that wait in these stages, and those that they wait for.
    fn of_stages(&self, stages: impl IntoIterator<Item = StageId>) -> BTreeSet<u32> {
        let mut next: Vec<StageId> = stages.into_iter().collect();
        let (mut seen, mut found): (BTreeSet<StageId>, BTreeSet<u32>) = (BTreeSet::new(), BTreeSet::new());
        let mut tracks = BTreeSet::new();
        while let Some(stage) = next.pop() {
            if !seen.insert(stage) {
                continue;
            }
            let tasks = self.job.stages.stage(stage).tasks.iter().copied();
            for task in tasks.filter(|&task| self.forecast.waits(self.job, task)) {
                found.insert(task);
                // Tasks of one track are behind the same gates: a stage of ten thousand hosts is
                // looked through once.
                if tracks.insert(self.job.target(task).track) {
                    next.extend(self.closed(task).into_iter().flat_map(|stage| self.incomplete(stage)));
                }
            }
        }
        found
    }
}

fn named(job: &Job, tasks: &[u32]) -> Vec<HostName> {
    tasks.iter().map(|&task| job.name(task).clone()).collect()
}
