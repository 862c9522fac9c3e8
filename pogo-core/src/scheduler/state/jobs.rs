//! Compiles, inserts and changes jobs.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::job::Compiled;
use super::{AttemptTimes, Budget, Effect, Effects, Job, State, Target, Task, TaskRecord};
use crate::Timestamp;
use crate::fleet::{HostId, HostName, ResolveError};
use crate::plan::{JobSpec, PlanError, Stages};
use crate::scheduler::{ApplyError, AttemptId, Freeze, JobId, JobStatus};

impl State {
    /// Whether a failure budget stops this host of a job.
    pub(in crate::scheduler) fn is_over_budget(&self, job: &Job, host: HostId) -> bool {
        let budgets = self.rules.profile(self.rules.profile_of(host)).budgets;
        let mut known = budgets.iter().filter_map(|at| job.budgets.get(at));
        known.any(Budget::is_exceeded)
    }

    /// Compiles a job for these hosts; a pure function of fleet, policy and arguments.
    pub(crate) fn compile(
        &self,
        spec: &JobSpec,
        hosts: Vec<HostId>,
        names: Arc<[HostName]>,
    ) -> Result<Compiled, PlanError> {
        let (stages, _) = Stages::compile(&self.fleet, &self.policy, &hosts, spec)?;
        Ok(self.compiled(hosts, names, stages))
    }

    /// Compiles a job without its sequences and waves: for a job that does not fit the policy in force.
    pub(in crate::scheduler) fn compile_unordered(&self, hosts: Vec<HostId>, names: Arc<[HostName]>) -> Compiled {
        let stages = Stages::none(hosts.len());
        Compiled {
            fits: false,
            ..self.compiled(hosts, names, stages)
        }
    }

    fn compiled(&self, hosts: Vec<HostId>, names: Arc<[HostName]>, stages: Stages) -> Compiled {
        let tasks = (0..).zip(hosts).zip(names.iter());
        let tasks: Vec<Task> = tasks
            .map(|((task, host), name)| Task {
                target: Target {
                    name: name.clone(),
                    host,
                    profile: self.rules.profile_of(host),
                    track: stages.track_of(task),
                },
                record: TaskRecord::NEW,
                attempt: AttemptId::NONE,
                times: AttemptTimes::UNKNOWN,
            })
            .collect();
        let mut members: BTreeMap<u32, u32> = BTreeMap::new();
        // Most policies have no failure budgets, and this would look at the limits of every host
        // again.
        if !self.rules.budgets().is_empty() {
            let budgets = tasks
                .iter()
                .flat_map(|task| self.rules.profile(task.target.profile).budgets);
            budgets.for_each(|&budget| *members.entry(budget).or_default() += 1);
        }
        let allowed = |budget: u32, members| self.rules.budgets()[budget as usize].limit.tolerated(members);
        let budgets = members
            .into_iter()
            .map(|(budget, members)| {
                (
                    budget,
                    Budget {
                        allowed: allowed(budget, members),
                        ..Budget::default()
                    },
                )
            })
            .collect();
        Compiled {
            names,
            tasks,
            stages,
            budgets,
            fleet_len: self.fleet.len(),
            fits: true,
        }
    }

    /// Compiles a job as a log has it.
    pub(super) fn compile_submitted(&self, spec: &JobSpec, hosts: &Arc<[HostName]>) -> Result<Compiled, ApplyError> {
        spec.check()?;
        let ids: Vec<HostId> = hosts.iter().map(|host| self.host_id(host)).collect::<Result<_, _>>()?;
        let distinct: BTreeSet<HostId> = ids.iter().copied().collect();
        // A host that is named twice would run twice, and one of its tasks would never be found.
        if ids.is_empty() || distinct.len() < ids.len() {
            return Err(ApplyError::JobHosts);
        }
        Ok(self.compile(spec, ids, Arc::clone(hosts))?)
    }

    /// The number of the next job.
    pub(in crate::scheduler) fn next_job(&self) -> JobId {
        JobId::new(self.last_job.number().saturating_add(1))
    }

    /// Whether no job can have had this number.
    pub(in crate::scheduler) fn is_new_job(&self, job: JobId) -> bool {
        // Both, as queues know jobs by their 32-bit index: two jobs must differ in it, also after a
        // restore has raised the numbers.
        job > self.last_job && job.index() > self.last_job.index()
    }

    /// The highest number of those jobs that are known: it is no less than the last that was given, unless a restore
    /// left a gap.
    pub(in crate::scheduler) fn last_known_job(&self) -> JobId {
        let last = self.jobs.last().max(self.retired.highest);
        last.unwrap_or(JobId::new(0))
    }

    /// A job that has not begun.
    pub(super) fn new_job(&self, id: JobId, spec: Arc<JobSpec>, compiled: Compiled) -> Job {
        // Only jobs of logs from before they were stored with their defaults leave anything to them.
        let given = Arc::new(spec.settings.clone().or(&self.policy.defaults));
        Job::new(id, spec, compiled, given, self.at)
    }

    pub(super) fn add_job(&mut self, job: Job, effects: &mut Effects) {
        let id = job.id;
        self.last_job = id;
        self.insert_job(job);
        self.index_job(id, None);
        effects.push(Effect::JobAdded(id));
    }

    /// Puts a job in its place, and gives back the one that was there.
    pub(in crate::scheduler) fn insert_job(&mut self, mut job: Job) -> Option<Job> {
        if let Some(last) = self.jobs.last().and_then(|last| self.jobs.get(&last)) {
            job.share_settings(last);
        }
        self.jobs.insert(job.id, job)
    }

    pub(super) fn set_status(&mut self, id: JobId, status: JobStatus, effects: &mut Effects) {
        if let Some(job) = self.jobs.get_mut(&id) {
            let before = std::mem::replace(&mut job.status, status);
            if status == JobStatus::Finished {
                job.finished = self.at;
            }
            self.index_job(id, Some(before));
            effects.push(Effect::JobChanged(id));
        }
        // Behind the index, which finds a finished job by when it finished.
        if status != JobStatus::Finished
            && let Some(job) = self.jobs.get_mut(&id)
        {
            job.finished = Timestamp::EPOCH;
        }
    }

    pub(super) fn resume(&mut self, id: JobId, effects: &mut Effects) {
        let now = self.at;
        if let Some(job) = self.jobs.get_mut(&id) {
            job.reopen(now);
        }
        self.set_status(id, JobStatus::Running, effects);
    }

    pub(super) fn open_wave(&mut self, id: JobId, wave: u32, effects: &mut Effects) {
        let Some(job) = self.jobs.get_mut(&id) else { return };
        let Some(stage) = job.stages.wave(wave) else { return };
        for change in job.gates.baked(&job.stages, stage, self.at) {
            effects.push(super::tasks::effect(id, change));
        }
    }

    /// Puts a freeze in force.
    pub(in crate::scheduler) fn freeze(&mut self, freeze: Freeze) -> Result<(), ResolveError> {
        self.freezes.add(&self.fleet, freeze)
    }

    pub(super) fn trip(&mut self, id: JobId, group: &str) {
        let Some(job) = self.jobs.get_mut(&id) else { return };
        for (&budget, state) in &mut job.budgets {
            state.tripped |= self.rules.budgets()[budget as usize].group == group;
        }
    }
}
