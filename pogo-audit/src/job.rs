//! One job, as the records so far have it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use super::budgets::Budgets;
use super::finding::{Breach, Broken, broken};
use super::groups::named;
use super::namespace::Namespace;
use super::stages::Chains;
use super::time_limits::TimeLimits;
use super::waves::Waves;
use super::words;
use pogo_core::Timestamp;
use pogo_core::fleet::{HostId, HostName};
use pogo_core::plan::JobSpec;
use pogo_core::policy::{JobSettings, OnDoubt, Setting, WaveGate};
use pogo_core::scheduler::{JobStatus, JobUpdate, Phase, Tally, TaskState};

#[derive(Clone)]
pub(super) struct Task {
    pub(super) state: TaskState,
    /// Its attempt's phase, and since when.
    pub(super) phase: (Phase, Timestamp),
    pub(super) cancelling: bool,
    pub(super) not_before: Timestamp,
    /// Since when it waits for that moment.
    delayed: Timestamp,
    retries: u32,
    connect_retries: u32,
}

pub(super) struct Job {
    spec: Arc<JobSpec>,
    pub(super) hosts: Arc<[HostName]>,
    position: BTreeMap<HostName, usize>,
    pub(super) tasks: Vec<Task>,
    pub(super) status: JobStatus,
    pub(super) aborted: bool,
    pub(super) tally: Tally,
    chains: Chains,
    waves: Waves,
    budgets: Budgets,
    /// Whether a host of the job left the fleet; what came after it in a sequence is then not known.
    depleted: bool,
    settings: JobSettings,
    pub(super) limits: TimeLimits,
    /// The fleet or the policy has changed since it was submitted.
    moved: bool,
}

impl Job {
    pub(super) fn new(
        namespace: &Namespace,
        spec: &Arc<JobSpec>,
        hosts: &Arc<[HostName]>,
        now: Timestamp,
    ) -> Result<Self, Breach> {
        let ids: Vec<HostId> = hosts.iter().map(|host| namespace.id(host)).collect::<Result<_, _>>()?;
        let targets: BTreeSet<HostId> = named(&namespace.fleet, &spec.targets).into_iter().collect();
        if let Some(stranger) = ids.iter().find(|host| !targets.contains(host)) {
            let message = format!(
                "`{}` is not among the targets {}",
                namespace.fleet.name(*stranger),
                spec.targets
            );
            return broken(Broken::Log, message);
        }
        let count = u32::try_from(hosts.len()).unwrap_or(u32::MAX);
        let settings = spec.settings.clone().or(&namespace.policy.defaults);
        let mut budgets = Budgets::new(namespace, &ids);
        budgets.allow(settings.max_failures.map(|limit| limit.tolerated(count)));
        let task = Task {
            state: TaskState::Waiting,
            phase: (Phase::Connect, now),
            cancelling: false,
            not_before: Timestamp::EPOCH,
            delayed: Timestamp::EPOCH,
            retries: 0,
            connect_retries: 0,
        };
        let mut job = Self {
            spec: Arc::clone(spec),
            hosts: Arc::clone(hosts),
            position: hosts.iter().cloned().zip(0..).collect(),
            tasks: vec![task; hosts.len()],
            status: JobStatus::Running,
            aborted: false,
            tally: Tally::default(),
            chains: Chains::new(namespace, &ids),
            waves: Waves::new(namespace, spec, &ids, now),
            budgets,
            depleted: false,
            limits: TimeLimits::new(&settings, now),
            settings,
            moved: false,
        };
        job.count_all(&ids, now);
        Ok(job)
    }

    fn count_all(&mut self, hosts: &[HostId], now: Timestamp) {
        self.tally = Tally::default();
        for (task, &host) in hosts.iter().enumerate() {
            let state = self.tasks[task].state;
            *slot(&mut self.tally, state) += 1;
            self.chains.count(host, state, true);
            self.waves.count(task, state, true);
        }
        self.waves.follow(now);
    }

    /// The fleet or the policy has changed.
    pub(super) fn reconfigure(&mut self, namespace: &Namespace, now: Timestamp) -> Result<(), Breach> {
        let ids: Vec<HostId> = self
            .hosts
            .iter()
            .map(|host| namespace.id(host))
            .collect::<Result<_, _>>()?;
        self.moved = true;
        self.depleted = ids.iter().any(|&host| namespace.host(host).gone);
        let mut budgets = Budgets::new(namespace, &ids);
        for (task, &host) in self.tasks.iter().zip(&ids) {
            if is_bad(task.state) {
                budgets.count_groups(namespace, host, true);
            }
        }
        self.budgets = budgets.after(&self.budgets);
        self.chains = Chains::new(namespace, &ids);
        let before = std::mem::replace(&mut self.waves, Waves::new(namespace, &self.spec, &ids, now));
        self.waves.alter(&self.settings);
        self.count_all(&ids, now);
        self.waves = std::mem::take(&mut self.waves).after(&before, now);
        Ok(())
    }

    pub(super) fn task(&self, host: &HostName) -> Result<usize, Breach> {
        match self.position.get(host) {
            Some(&task) => Ok(task),
            None => broken(Broken::Log, format!("`{host}` is not in the job")),
        }
    }

    pub(super) fn set(
        &mut self,
        namespace: &Namespace,
        task: usize,
        to: TaskState,
        now: Timestamp,
    ) -> Result<(), Breach> {
        let host = namespace.id(&self.hosts[task])?;
        let from = std::mem::replace(&mut self.tasks[task].state, to);
        *slot(&mut self.tally, from) -= 1;
        *slot(&mut self.tally, to) += 1;
        for (state, comes) in [(from, false), (to, true)] {
            self.chains.count(host, state, comes);
            self.waves.count(task, state, comes);
        }
        self.waves.follow(now);
        if is_bad(from) != is_bad(to) {
            self.budgets.count(namespace, host, is_bad(to));
        }
        Ok(())
    }

    /// Whether the job lets this host start.
    pub(super) fn may_start(&self, namespace: &Namespace, task: usize, now: Timestamp) -> Result<(), Breach> {
        let (name, of) = (&self.hosts[task], &self.tasks[task]);
        let host = namespace.id(name)?;
        match of.state {
            TaskState::Waiting => {}
            TaskState::Succeeded => return broken(Broken::Once, format!("`{name}` is done and starts again")),
            state => {
                return broken(
                    Broken::Log,
                    format!("`{name}` starts, and is {}", words::of_task(state)),
                );
            }
        }
        if !self.status.may_start() {
            let message = format!("`{name}` starts although the job is {}", words::of_job(self.status));
            return broken(Broken::Stopped, message);
        }
        namespace.not_frozen(host)?;
        if of.not_before > now {
            return broken(Broken::Stopped, format!("`{name}` starts before its delay has passed"));
        }
        if let Some(most) = self.max_parallel().filter(|&most| self.tally.running >= most) {
            let message = format!(
                "`{name}` starts while {} of the job run, and {most} may",
                self.tally.running
            );
            return broken(Broken::Stopped, message);
        }
        self.budgets.allow_start(namespace, host)?;
        if self.spec.override_constraints.is_some() {
            return Ok(());
        }
        if let Some(stage) = self.chains.before(host).filter(|_| !self.depleted) {
            let message = format!(
                "`{name}` starts before {} is complete: {} still to be done, {} failed",
                stage.label, stage.pending, stage.failed
            );
            return broken(Broken::Order, message);
        }
        if let Some(wave) = self.waves.closed(task).filter(|_| !self.depleted) {
            return broken(Broken::Order, format!("`{name}` starts before {} is open", wave.label));
        }
        namespace.has_place(host)
    }

    /// What could stop a host of the job, so that hosts which are alike in it stand for each other.
    pub(super) fn kind(&self, namespace: &Namespace, task: usize, host: HostId) -> impl Ord + use<> {
        (
            namespace.limits_of(host).to_vec(),
            namespace.budgets_of[host.index()].clone(),
            self.chains.of(host).to_vec(),
            self.waves.of(task),
        )
    }

    /// Whether a host that ends may let others go on that no limit holds back.
    pub(super) fn ends_a_stage(&self, namespace: &Namespace, host: &HostName) -> bool {
        self.settings.max_parallel.is_some() || namespace.id(host).is_ok_and(|host| self.chains.any_is_complete(host))
    }

    /// Whether it is known what its hosts wait for; not of all after a change of fleet or policy.
    pub(super) fn is_followed(&self) -> bool {
        !self.depleted && (!self.moved || (self.spec.waves.is_empty() && self.budgets.are_none()))
    }

    /// More hosts failed than the job allows, and it starts more.
    pub(super) fn is_over_budget(&self) -> Option<(u32, u32)> {
        self.budgets.exceeded().filter(|_| self.status.may_start())
    }

    /// It has been well for its settle time.
    pub(super) fn may_succeed(&self, task: usize, now: Timestamp) -> Result<(), Breach> {
        let (phase, since) = self.tasks[task].phase;
        // A job that is given up does not watch its hosts to the end.
        let settle = self.settings.settle.unwrap_or_default();
        if settle.is_zero() || self.aborted || (phase == Phase::Settle && now - since >= settle) {
            return Ok(());
        }
        let message = format!(
            "`{}` counts as done before its settle time has passed",
            self.hosts[task]
        );
        broken(Broken::Settle, message)
    }

    pub(super) fn retry(
        &mut self,
        task: usize,
        not_before: Timestamp,
        now: Timestamp,
        (ordered, after_connect): (bool, bool),
    ) -> Result<(), Breach> {
        let (name, doubt) = (self.hosts[task].clone(), self.settings.on_doubt.unwrap_or_default());
        let of = &mut self.tasks[task];
        (of.delayed, of.not_before) = (now, not_before);
        if ordered {
            (of.retries, of.connect_retries) = (0, 0);
            return Ok(());
        }
        if of.state == TaskState::InDoubt && doubt != OnDoubt::Retry {
            return broken(
                Broken::Once,
                format!("`{name}` is in doubt and is tried again without an order"),
            );
        }
        let (used, allowed) = if after_connect {
            (&mut of.connect_retries, self.settings.connect_retries.unwrap_or(0))
        } else {
            (&mut of.retries, self.settings.retries.unwrap_or(0))
        };
        *used += 1;
        if *used > allowed {
            return broken(
                Broken::Once,
                format!("`{name}` is tried again, and {allowed} retries are allowed"),
            );
        }
        Ok(())
    }

    /// An operator lets the job go on.
    pub(super) fn reopen(&mut self, now: Timestamp) {
        (self.status, self.aborted) = (JobStatus::Running, false);
        self.limits.reopen(now);
        self.budgets.forgive();
    }

    fn max_parallel(&self) -> Option<u32> {
        let hosts = u32::try_from(self.tasks.len()).unwrap_or(u32::MAX);
        self.settings.max_parallel.map(|limit| limit.places(hosts))
    }

    pub(super) fn alter(&mut self, change: &JobUpdate, now: Timestamp) {
        let settings = change.apply(&self.settings);
        let before = std::mem::replace(&mut self.settings, settings);
        self.limits.alter(&self.settings, change.changes(Setting::JobTimeout));
        if change.changes(Setting::AllowFailures) || change.changes(Setting::Bake) {
            self.waves.alter(&self.settings);
            self.waves.follow(now);
        }
        let hosts = u32::try_from(self.tasks.len()).unwrap_or(u32::MAX);
        self.budgets
            .allow(self.settings.max_failures.map(|limit| limit.tolerated(hosts)));
        let delays = (delay(&before), delay(&self.settings));
        if delays.0 != delays.1 {
            self.tasks.iter_mut().for_each(|task| task.wait_in_proportion(delays));
        }
    }

    pub(super) fn open_wave(&mut self, wave: u32, ordered: bool, now: Timestamp) -> Result<(), Breach> {
        if self.settings.gate == Some(WaveGate::Manual) && !ordered {
            return broken(Broken::Order, "a wave begins without an order, and its gate is manual");
        }
        if self.depleted {
            // What is in which wave is not known; it is open, then.
            let _ = self.waves.open(wave, ordered, now);
            return Ok(());
        }
        self.waves.open(wave, ordered, now)
    }
}

impl Task {
    /// A delay that goes on is as long as if it had been another from its beginning.
    fn wait_in_proportion(&mut self, (before, after): (u128, u128)) {
        let waits = (self.not_before - self.delayed).as_millis();
        if waits > 0 && before > 0 {
            let waits = waits.saturating_mul(after) / before;
            self.not_before = self.delayed + Duration::from_millis(u64::try_from(waits).unwrap_or(u64::MAX));
        }
    }
}

/// The delay before another try, in milliseconds.
fn delay(settings: &JobSettings) -> u128 {
    settings.retry_delay.unwrap_or(JobSettings::RETRY_DELAY).as_millis()
}

pub(super) fn is_bad(state: TaskState) -> bool {
    matches!(state, TaskState::Failed | TaskState::InDoubt)
}

fn slot(tally: &mut Tally, state: TaskState) -> &mut u32 {
    match state {
        TaskState::Waiting => &mut tally.waiting,
        TaskState::Running => &mut tally.running,
        TaskState::Succeeded => &mut tally.succeeded,
        TaskState::Failed => &mut tally.failed,
        TaskState::InDoubt => &mut tally.in_doubt,
        TaskState::Skipped => &mut tally.skipped,
        TaskState::Cancelled => &mut tally.cancelled,
    }
}
