//! Takes a snapshot of a state.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::job::{BackoffData, BudgetData, GroupBudgetData, JobData, TaskRun};
use super::last_attempt::LastAttempt;
use super::remnant::RemnantData;
use super::{DoubtData, LeftData, RunningData, Snapshot, StuckData};
use crate::Timestamp;
use crate::fleet::{HostId, fold_in_order};
use crate::scheduler::state::{Budget, Doubt, DoubtAt, Job, State};
use crate::scheduler::{Content, JobStatus};

impl State {
    /// Everything that is known, as data; see [`Scheduler::snapshot`](crate::scheduler::Scheduler::snapshot).
    pub(in crate::scheduler) fn snapshot(&self) -> Snapshot {
        let named = |host: HostId| self.fleet.name(host);
        let removed = self.hosts.removed();
        Snapshot {
            version: Snapshot::VERSION,
            at: self.at,
            fleet: Arc::clone(&self.fleet).into(),
            policy: Arc::clone(&self.policy).into(),
            configured: self
                .given
                .clone()
                // They differ only while jobs know hosts that have left; both would be a second
                // copy of the fleet.
                .filter(|given| *given != self.fleet)
                .map(Content::from),
            removed: fold_in_order(removed.map(named)),
            left: self.left_data(),
            stuck: self.hosts.stuck().map(|host| self.stuck_data(host)).collect(),
            freezes: self.freezes.iter().cloned().collect(),
            holds: self.hold_views().collect(),
            retired: self.retired.highest,
            remnants: self.retired.remnants.iter().map(RemnantData::of).collect(),
            jobs: self.jobs.values().map(|job| self.job_data(job)).collect(),
            last_job: Some(self.last_job).filter(|last| *last != self.last_known_job()),
            requests: self.requests.iter().cloned().collect(),
            restorations: self.restorations.clone(),
            attempts: self.attempts.issued(),
            running: self.running_data(),
            doubts: self.doubt_data(),
        }
    }

    fn left_data(&self) -> Vec<LeftData> {
        let mut by_time: BTreeMap<Timestamp, Vec<HostId>> = BTreeMap::new();
        for host in self.hosts.removed() {
            by_time
                .entry(self.hosts.left(host).unwrap_or(self.at))
                .or_default()
                .push(host);
        }
        let left = by_time.into_iter().map(|(at, hosts)| LeftData {
            at,
            hosts: fold_in_order(hosts.into_iter().map(|host| self.fleet.name(host))),
        });
        left.collect()
    }

    fn stuck_data(&self, host: HostId) -> StuckData {
        let known = self.host(host);
        StuckData {
            host: self.fleet.name(host).clone(),
            since: known.since,
            job: known.failed_attempt.map(|failed_attempt| failed_attempt.job),
            in_doubt: known
                .failed_attempt
                .is_some_and(|failed_attempt| failed_attempt.in_doubt),
            ended: known.failed_attempt.map(|failed_attempt| failed_attempt.at),
            down: known.down.is_some(),
            marked: known.down,
            earlier: self
                .hosts
                .earlier(host)
                .iter()
                .map(|failed_attempt| (failed_attempt.job, failed_attempt.in_doubt, failed_attempt.at))
                .collect(),
        }
    }

    fn running_data(&self) -> Vec<RunningData> {
        let attempts = self.attempts.in_order().into_iter();
        attempts
            .filter_map(|(attempt, running)| {
                let (id, task) = running.task;
                let job = self.jobs.get(&id)?;
                let unavailable = self.host(job.host(task)).since;
                Some(RunningData {
                    attempt,
                    job: id,
                    host: job.name(task).clone(),
                    unavailable: (unavailable != running.started).then_some(unavailable),
                    phase: running.phase,
                    started: running.started,
                    since: running.since,
                    cancelling: running.cancelling,
                    slow: running.slow,
                    permission: running.permission,
                    fence: running.fence,
                })
            })
            .collect()
    }

    fn doubt_data(&self) -> Vec<DoubtData> {
        let data = |((host, job), doubt): (&DoubtAt, &Doubt)| DoubtData {
            attempt: doubt.attempt,
            job: *job,
            host: host.clone(),
            host_lock: doubt.host_lock,
            fence: doubt.fence,
            before: doubt.before.map(|before| (before.in_doubt, before.at)),
        };
        self.doubts.iter().map(data).collect()
    }

    fn job_data(&self, job: &Job) -> JobData {
        let named = |task: &u32| job.name(*task).clone();
        let waves = job.stages.stages().iter().zip((0..).map(crate::plan::StageId));
        let open = waves.filter(|(stage, at)| stage.bakes && job.gates.is_open(*at));
        let baking = job.gates.baking();
        let budgets = job.budgets.iter().map(|(&at, budget)| {
            let group = &self.rules.budgets()[at as usize];
            GroupBudgetData {
                group: group.group.clone(),
                limit: group.limit,
                budget: BudgetData::of(budget),
            }
        });
        JobData {
            job: job.id,
            spec: Arc::clone(&job.spec),
            settings: job.given.as_ref().clone(),
            submitted: job.submitted,
            finished: (job.status == JobStatus::Finished).then_some(job.finished),
            retry_of: job.retry_of,
            submitted_by: job.submitted_by.clone(),
            steered: job.steered.clone(),
            notes: job.notes.clone(),
            stopped_by: job.stopped_by.clone(),
            status: job.status,
            aborted: job.aborted,
            limit_spent: job.limit_spent,
            hosts: fold_in_order(job.names.iter()),
            tasks: tasks(job),
            attempts: LastAttempt::of_tasks(job),
            waves: open.filter_map(|(stage, _)| stage.wave).collect(),
            baking: baking.and_then(|(stage, since)| Some((job.stages.stage(stage).wave?, since))),
            budget: BudgetData::of(&job.budget),
            budgets: budgets.collect(),
            backoffs: job
                .backoffs
                .iter()
                .map(|(task, delay)| BackoffData(named(task), delay.until, Some(delay.since), delay.never_began))
                .collect(),
            failures: job
                .failures
                .iter()
                .map(|(task, failure)| (named(task), failure.clone()))
                .collect(),
        }
    }
}

impl BudgetData {
    fn of(budget: &Budget) -> Self {
        Self {
            allowed: budget.allowed,
            forgiven: budget.forgiven,
            tripped: budget.tripped,
        }
    }
}

fn tasks(job: &Job) -> Vec<TaskRun> {
    let mut runs: Vec<TaskRun> = Vec::new();
    let mut last = None;
    for task in job.tasks.iter().map(|task| &task.record) {
        // Most tasks of a job are in one state: a snapshot of ten thousand hosts is a few entries.
        match runs.last_mut() {
            Some(run) if last == Some(task) => run.hosts += 1,
            _ => runs.push(TaskRun::of(task)),
        }
        last = Some(task);
    }
    runs
}
