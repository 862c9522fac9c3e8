//! One job: its hosts and their progress.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;

use super::{AttemptTimes, Backoff, Budget, Gates};
use crate::Timestamp;
use crate::fleet::{HostId, HostName};
use crate::plan::{HostOrder, JobSpec, StageId, Stages};
use crate::policy::{JobSettings, ResolvedSettings, Setting, WaveGate};
use crate::saturating::saturating_u32;
use crate::scheduler::{Actor, AttemptId, Failure, JobId, JobNote, JobStatus, JobUpdate, Steered, Tally, TaskState};

/// One task: a position in a job's listed order.
pub(crate) type TaskAt = (JobId, u32);

/// How far one task is, and how often it was tried.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct TaskRecord {
    pub(crate) state: TaskState,
    /// Retries used after failures of hooks and commands.
    pub(crate) retries: u16,
    /// Retries used after failures to connect.
    pub(crate) connect_retries: u16,
    /// Attempts started.
    pub(crate) tries: u16,
    /// How many attempts in a row never began.
    pub(crate) never_began: u8,
}

impl TaskRecord {
    pub(super) const NEW: Self = Self {
        state: TaskState::Waiting,
        retries: 0,
        connect_retries: 0,
        tries: 0,
        never_began: 0,
    };
}

/// The host of a task, and what counts it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Target {
    pub(crate) name: HostName,
    pub(crate) host: HostId,
    /// The limits that the host is under.
    pub(crate) profile: u32,
    /// The set of stages that the task is in.
    pub(crate) track: u32,
}

/// One task.
///
/// A rollout comes back to a task when all those before it have been started, so what is spread over memory is fetched
/// several times: this is one line of a cache.
#[derive(Debug, Clone, PartialEq, Eq)]
#[repr(align(64))]
pub(crate) struct Task {
    pub(crate) target: Target,
    pub(crate) record: TaskRecord,
    /// The one that is under way, or the last one.
    pub(crate) attempt: AttemptId,
    /// Of that attempt, once it has ended.
    pub(crate) times: AttemptTimes,
}

const _: () = assert!(size_of::<Task>() == 64, "a task fills one line of a cache");

/// One job of the namespace.
///
/// Where ten thousand jobs report in turn, most of a job has left the caches since its last report. What each report
/// looks at fills the first two lines of a cache, in this order; then comes what its end looks at, and what a job is
/// asked for rarely.
#[derive(Debug, Clone, PartialEq)]
#[repr(C, align(128))]
pub(crate) struct Job {
    /// In listed order.
    pub(crate) tasks: Box<[Task]>,
    /// The settings with defaults filled in; shared with the job before if that has the same.
    pub(crate) settings: Arc<ResolvedSettings>,
    pub(crate) tally: Tally,
    pub(crate) status: JobStatus,
    /// As `spec` has it.
    pub(crate) order: HostOrder,
    /// It runs without regard to limits and sequences.
    pub(crate) is_unbound: bool,
    pub(crate) has_waves: bool,
    /// An operator gave the job up; it ends when nothing of it runs any more.
    pub(crate) aborted: bool,
    /// The time limit had run out when an operator let the job go on, and binds no more.
    pub(crate) limit_spent: bool,
    /// It can be run under the policy in force; only a finished job may not.
    pub(crate) fits: bool,
    /// Tasks that are not to be tried before a moment.
    pub(crate) backoffs: BTreeMap<u32, Backoff>,
    pub(crate) id: JobId,
    pub(crate) submitted: Timestamp,
    pub(crate) gates: Gates,
    /// When it was finished last; the epoch before.
    pub(crate) finished: Timestamp,
    /// Who halted or aborted it, until it goes on.
    pub(crate) stopped_by: Option<Arc<Actor>>,
    pub(crate) task_index: TaskIndex,
    /// The job that has retired whose hosts it tries again.
    pub(crate) retry_of: Option<JobId>,
    /// Of the job as a whole; `allowed` is unused while the job has no limit.
    pub(crate) budget: Budget,
    /// Of each failure budget that the job's hosts are under.
    pub(crate) budgets: BTreeMap<u32, Budget>,
    /// Tasks that wait and whose hosts have left the fleet, by when they left.
    pub(crate) left: BTreeSet<(Timestamp, u32)>,
    /// How the last attempt of each failed task failed.
    pub(crate) failures: BTreeMap<u32, Failure>,
    pub(crate) stages: Stages,
    pub(crate) names: Arc<[HostName]>,
    pub(crate) spec: Arc<JobSpec>,
    /// The settings that the job has, every update included; shared as well.
    pub(crate) given: Arc<JobSettings>,
    pub(crate) submitted_by: Option<Arc<Actor>>,
    /// The last order that was given to it.
    pub(crate) steered: Option<Box<Steered>>,
    /// What people have said of it last.
    pub(crate) notes: VecDeque<JobNote>,
}

const _: () = assert!(
    std::mem::offset_of!(Job, backoffs) == 64 && std::mem::offset_of!(Job, gates) + size_of::<Vec<u32>>() == 128,
    "what each report looks at fills two lines of a cache, the first field of the gates included"
);

impl Job {
    /// A job that has not begun.
    pub(in crate::scheduler) fn new(
        id: JobId,
        spec: Arc<JobSpec>,
        compiled: Compiled,
        given: Arc<JobSettings>,
        at: Timestamp,
    ) -> Self {
        let mut compiled = compiled;
        let count = saturating_u32(compiled.tasks.len());
        let settings = given.resolve(count);
        // Before the gates are made of the stages: these copy how many failures each stage allows.
        compiled.stages.allow_in_waves(settings.allow_failures);
        Self {
            id,
            order: spec.order,
            is_unbound: spec.override_constraints.is_some(),
            has_waves: !spec.waves.is_empty(),
            spec,
            given,
            settings: Arc::new(settings),
            submitted: at,
            finished: Timestamp::EPOCH,
            retry_of: None,
            status: JobStatus::Running,
            aborted: false,
            limit_spent: false,
            fits: compiled.fits,
            tally: Tally {
                waiting: count,
                ..Tally::default()
            },
            task_index: TaskIndex::new(&compiled.tasks, compiled.fleet_len),
            tasks: compiled.tasks.into(),
            gates: Gates::new(&compiled.stages),
            names: compiled.names,
            stages: compiled.stages,
            budgets: compiled.budgets,
            budget: Budget::default(),
            backoffs: BTreeMap::new(),
            left: BTreeSet::new(),
            failures: BTreeMap::new(),
            submitted_by: None,
            steered: None,
            notes: VecDeque::new(),
            stopped_by: None,
        }
    }

    /// Shares the settings of another job, where they are the same, so that those of many jobs stay in the processor's
    /// cache.
    pub(super) fn share_settings(&mut self, other: &Self) {
        if self.settings == other.settings {
            self.settings = Arc::clone(&other.settings);
        }
        if self.given == other.given {
            self.given = Arc::clone(&other.given);
        }
    }

    /// An operator lets the job go on: it is no longer given up, and what failed so far no longer counts against its
    /// budgets.
    pub(super) fn reopen(&mut self, now: Timestamp) {
        self.budget.forgive();
        self.budgets.values_mut().for_each(Budget::forgive);
        // In this order: the limit of a job that was given up is still its limit.
        (self.aborted, self.stopped_by) = (false, None);
        self.limit_spent |= self.deadline().is_some_and(|deadline| deadline <= now);
    }

    /// Changes its settings.
    pub(super) fn alter(&mut self, change: &JobUpdate, now: Timestamp) {
        self.given = Arc::new(change.apply(&self.given));
        let hosts = saturating_u32(self.tasks.len());
        let before = std::mem::replace(&mut self.settings, Arc::new(self.given.resolve(hosts)));
        if change.changes(Setting::AllowFailures) {
            self.stages.allow_in_waves(self.settings.allow_failures);
            self.gates.allow_in_waves(&self.stages, now);
        }
        // A limit that is given anew binds anew.
        self.limit_spent &= !change.changes(Setting::JobTimeout);
        let (from, to) = (before.retry_delay, self.settings.retry_delay);
        if from != to {
            self.backoffs.values_mut().for_each(|backoff| backoff.rescale(from, to));
        }
    }

    /// When the job's time limit runs out, as long as that matters.
    pub(crate) fn deadline(&self) -> Option<Timestamp> {
        let limit = self
            .settings
            .job_timeout
            .filter(|_| !self.aborted && !self.limit_spent)?;
        Some(self.submitted + limit)
    }

    pub(crate) fn task(&self, task: u32) -> &TaskRecord {
        &self.tasks[task as usize].record
    }

    pub(in crate::scheduler) fn task_mut(&mut self, task: u32) -> &mut TaskRecord {
        &mut self.tasks[task as usize].record
    }

    pub(crate) fn target(&self, task: u32) -> &Target {
        &self.tasks[task as usize].target
    }

    pub(crate) fn host(&self, task: u32) -> HostId {
        self.target(task).host
    }

    pub(crate) fn name(&self, task: u32) -> &HostName {
        &self.target(task).name
    }

    /// The hosts of all tasks, in listed order.
    pub(crate) fn hosts(&self) -> impl Iterator<Item = HostId> {
        self.tasks.iter().map(|task| task.target.host)
    }

    pub(crate) fn task_of(&self, host: HostId) -> Option<u32> {
        self.task_index.get(host)
    }

    /// All tasks, by position.
    pub(crate) fn positions(&self) -> impl Iterator<Item = u32> + use<> {
        0..saturating_u32(self.tasks.len())
    }

    /// Whether a stage is open, or will be when time has passed and nothing else has happened.
    pub(crate) fn opens_in_time(&self, stage: StageId) -> bool {
        let mut at = stage;
        while !self.gates.is_open(at) {
            let stage = self.stages.stage(at);
            match stage.after {
                Some(_) if stage.bakes && self.settings.gate == WaveGate::Manual => return false,
                Some(before) if self.gates.is_complete(before) => at = before,
                _ => return false,
            }
        }
        true
    }

    /// Whether more hosts failed than the job as a whole allows.
    pub(crate) fn is_over_budget(&self) -> bool {
        self.settings.max_failures.is_some_and(|most| {
            let allowed = most.hosts;
            Budget { allowed, ..self.budget }.is_exceeded()
        })
    }

    /// Whether the job may not run more tasks at once.
    pub(crate) fn is_at_max_parallel(&self) -> bool {
        self.settings
            .max_parallel
            .is_some_and(|most| self.tally.running >= most.hosts)
    }
}

/// A job's hosts, compiled against fleet and policy.
pub(crate) struct Compiled {
    pub(crate) names: Arc<[HostName]>,
    pub(crate) tasks: Vec<Task>,
    pub(crate) stages: Stages,
    pub(crate) budgets: BTreeMap<u32, Budget>,
    pub(crate) fleet_len: usize,
    /// Whether it has the order that the policy asks for.
    pub(crate) fits: bool,
}

/// Which task of the job a host is.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum TaskIndex {
    /// By host, for jobs on much of the fleet.
    Dense(Vec<u32>),
    /// Sorted by host, for small jobs on a large fleet.
    Sparse(Vec<(HostId, u32)>),
}

impl TaskIndex {
    // No task has this position: fleets are smaller.
    const NONE: u32 = u32::MAX;
    /// A job of fewer hosts is a small one, however small its fleet.
    const FEW: usize = 32;

    pub(super) fn is_dense(&self) -> bool {
        matches!(self, Self::Dense(_))
    }

    fn new(tasks: &[Task], fleet_len: usize) -> Self {
        let hosts = tasks.iter().map(|task| task.target.host);
        // Four bytes for each host of the fleet against eight for each of the job and a search:
        // from a quarter on, the table is about as small and found at once.
        if tasks.len() >= Self::FEW && tasks.len() >= fleet_len / 4 {
            let mut dense = vec![Self::NONE; fleet_len];
            (0..).zip(hosts).for_each(|(task, host)| dense[host.index()] = task);
            return Self::Dense(dense);
        }
        let mut sparse: Vec<_> = hosts.zip(0..).collect();
        sparse.sort_unstable();
        Self::Sparse(sparse)
    }

    fn get(&self, host: HostId) -> Option<u32> {
        match self {
            Self::Dense(dense) => dense.get(host.index()).copied().filter(|&task| task != Self::NONE),
            Self::Sparse(sparse) => {
                let at = sparse.binary_search_by_key(&host, |&(host, _)| host).ok()?;
                sparse.get(at).map(|&(_, task)| task)
            }
        }
    }
}
