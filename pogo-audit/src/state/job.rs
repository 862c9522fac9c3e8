//! The state of one job.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::budgets::Budgets;
use super::groups::named;
use super::namespace::Namespace;
use super::stages::JobSequences;
use super::task::{RetryReason, Task, counts_as_failed, delay};
use super::time_limits::TimeLimits;
use super::waves::Waves;
use crate::finding::{Breach, BrokenRule, broken};
use pogo_core::Timestamp;
use pogo_core::fleet::{HostId, HostName};
use pogo_core::plan::JobSpec;
use pogo_core::policy::{JobSettings, OnDoubt, Setting, WaveGate};
use pogo_core::scheduler::{JobStatus, JobUpdate, Phase, Tally, TaskState};

pub(crate) struct Job {
    pub(crate) spec: Arc<JobSpec>,
    pub(crate) hosts: Arc<[HostName]>,
    position: BTreeMap<HostName, usize>,
    pub(crate) tasks: Vec<Task>,
    pub(crate) status: JobStatus,
    pub(crate) aborted: bool,
    pub(crate) tally: Tally,
    sequences: JobSequences,
    waves: Waves,
    budgets: Budgets,
    /// A host of the job left the fleet. Its stages are then unknown, and order is no longer judged.
    depleted: bool,
    settings: JobSettings,
    pub(crate) limits: TimeLimits,
    /// Fleet or policy have changed since the job was submitted.
    reconfigured: bool,
}

impl Job {
    pub(crate) fn new(
        namespace: &Namespace,
        spec: &Arc<JobSpec>,
        hosts: &Arc<[HostName]>,
        now: Timestamp,
    ) -> Result<Self, Breach> {
        let job = Self::of_hosts(namespace, spec, hosts, now)?;
        // Resolved here once more: otherwise a job could run on hosts for which nobody asked.
        let targets: BTreeSet<HostId> = named(&namespace.fleet, &spec.targets).into_iter().collect();
        // A subset is right: a job that retries another one names only the hosts that it left.
        let is_target = |host: &HostName| namespace.id(host).is_ok_and(|host| targets.contains(&host));
        if let Some(stranger) = hosts.iter().find(|host| !is_target(host)) {
            let message = format!("`{stranger}` is not among the targets {}", spec.targets);
            return broken(BrokenRule::Log, message);
        }
        Ok(job)
    }

    /// A job whose fleet and policy are unknown, by its settings as they were stored.
    pub(crate) fn alone(
        namespace: &Namespace,
        spec: &Arc<JobSpec>,
        hosts: &Arc<[HostName]>,
        now: Timestamp,
    ) -> Result<Self, Breach> {
        let mut job = Self::of_hosts(namespace, spec, hosts, now)?;
        // No record of the job says that a new dispatcher asks a host how a cancelled attempt ended.
        job.limits.forgo_grace();
        // Selectors of its waves may name tags.
        job.depleted = true;
        Ok(job)
    }

    fn of_hosts(
        namespace: &Namespace,
        spec: &Arc<JobSpec>,
        hosts: &Arc<[HostName]>,
        now: Timestamp,
    ) -> Result<Self, Breach> {
        let ids: Vec<HostId> = hosts.iter().map(|host| namespace.id(host)).collect::<Result<_, _>>()?;
        let count = u32::try_from(hosts.len()).unwrap_or(u32::MAX);
        let settings = spec.settings.clone().or(&namespace.policy.defaults);
        let mut budgets = Budgets::new(namespace, &ids);
        budgets.allow(settings.max_failures.map(|limit| limit.tolerated(count)));
        let mut job = Self {
            spec: Arc::clone(spec),
            hosts: Arc::clone(hosts),
            position: hosts.iter().cloned().zip(0..).collect(),
            tasks: vec![Task::new(now); hosts.len()],
            status: JobStatus::Running,
            aborted: false,
            tally: Tally::default(),
            sequences: JobSequences::new(namespace, &ids),
            waves: Waves::new(namespace, spec, &ids, now),
            budgets,
            depleted: false,
            limits: TimeLimits::new(&settings, now),
            settings,
            reconfigured: false,
        };
        job.count_all(&ids, now);
        Ok(job)
    }

    fn count_all(&mut self, hosts: &[HostId], now: Timestamp) {
        self.tally = Tally::default();
        for (task, &host) in hosts.iter().enumerate() {
            let state = self.tasks[task].state;
            *self.tally.count_mut(state) += 1;
            self.sequences.count(host, state, true);
            self.waves.count(task, state, true);
        }
        self.waves.follow(now);
    }

    /// Applies a change of fleet or policy.
    pub(crate) fn reconfigure(&mut self, namespace: &Namespace, now: Timestamp) -> Result<(), Breach> {
        let ids: Vec<HostId> = self
            .hosts
            .iter()
            .map(|host| namespace.id(host))
            .collect::<Result<_, _>>()?;
        self.reconfigured = true;
        self.depleted = ids.iter().any(|&host| namespace.host(host).left_fleet);
        let mut budgets = Budgets::new(namespace, &ids);
        for (task, &host) in self.tasks.iter().zip(&ids) {
            if counts_as_failed(task.state) {
                budgets.count_groups(namespace, host, true);
            }
        }
        // Groups have other numbers in another policy, so budgets are found again by what they say.
        self.budgets = budgets.after(&self.budgets);
        self.sequences = JobSequences::new(namespace, &ids);
        let before = std::mem::replace(&mut self.waves, Waves::new(namespace, &self.spec, &ids, now));
        self.waves.alter(&self.settings);
        self.count_all(&ids, now);
        // After the counts: which waves stay open depends on which are complete.
        self.waves = std::mem::take(&mut self.waves).after(&before, now);
        Ok(())
    }

    pub(crate) fn task(&self, host: &HostName) -> Result<usize, Breach> {
        match self.position.get(host) {
            Some(&task) => Ok(task),
            None => broken(BrokenRule::Log, format!("`{host}` is not in the job")),
        }
    }

    pub(crate) fn set(
        &mut self,
        namespace: &Namespace,
        task: usize,
        to: TaskState,
        now: Timestamp,
    ) -> Result<(), Breach> {
        let host = namespace.id(&self.hosts[task])?;
        let from = std::mem::replace(&mut self.tasks[task].state, to);
        *self.tally.count_mut(from) -= 1;
        *self.tally.count_mut(to) += 1;
        for (state, entered) in [(from, false), (to, true)] {
            self.sequences.count(host, state, entered);
            self.waves.count(task, state, entered);
        }
        self.waves.follow(now);
        if counts_as_failed(from) != counts_as_failed(to) {
            self.budgets.count(namespace, host, counts_as_failed(to));
        }
        Ok(())
    }

    /// Whether the job lets this host start.
    pub(crate) fn may_start(&self, namespace: &Namespace, task: usize, now: Timestamp) -> Result<(), Breach> {
        let (name, of) = (&self.hosts[task], &self.tasks[task]);
        let host = namespace.id(name)?;
        match of.state {
            TaskState::Waiting => {}
            TaskState::Succeeded => return broken(BrokenRule::Once, format!("`{name}` is done and starts again")),
            state => {
                return broken(BrokenRule::Log, format!("`{name}` starts, and is {state}"));
            }
        }
        if !self.status.may_start() {
            let message = format!("`{name}` starts although the job is {}", self.status);
            return broken(BrokenRule::Stopped, message);
        }
        namespace.freezes.allow_start(&namespace.fleet, host)?;
        namespace.holds.allow_start(self.spec.under_hold.as_ref(), name)?;
        if of.not_before > now {
            return broken(
                BrokenRule::Stopped,
                format!("`{name}` starts before its delay has passed"),
            );
        }
        if let Some(most) = self.max_parallel().filter(|&most| self.tally.running >= most) {
            let message = format!(
                "`{name}` starts while {} of the job run, and {most} may",
                self.tally.running
            );
            return broken(BrokenRule::Stopped, message);
        }
        self.budgets.allow_start(namespace, host)?;
        // What stands above binds a job that overrides the policy, too: its own settings, and
        // operators' orders.
        if self.spec.override_constraints.is_some() {
            return Ok(());
        }
        if let Some(stage) = self.sequences.before(host).filter(|_| !self.depleted) {
            let message = format!(
                "`{name}` starts before {} is complete: {} still to be done, {} failed",
                stage.label, stage.pending, stage.failed
            );
            return broken(BrokenRule::Order, message);
        }
        if let Some(wave) = self.waves.closed(task).filter(|_| !self.depleted) {
            return broken(
                BrokenRule::Order,
                format!("`{name}` starts before {} is open", wave.label),
            );
        }
        // Limits last: a class that `idle` parks at one is looked at whenever a slot there is
        // freed, in vain while something else stops it.
        namespace.allow_start(host)
    }

    /// Whether an attempt on this host may begin that was started before.
    pub(crate) fn may_begin(&self, namespace: &Namespace, task: usize) -> Result<(), Breach> {
        let (name, of) = (&self.hosts[task], &self.tasks[task]);
        let host = namespace.id(name)?;
        let because = if of.cancelling {
            "it was cancelled".to_owned()
        } else if self.aborted || !self.status.may_start() {
            format!("the job is {}", self.status)
        } else if namespace.host(host).left_fleet {
            "it has left the fleet".to_owned()
        } else {
            // Limits and order are not judged again: the host took its slots when it started.
            let started = namespace.freezes.allow_start(&namespace.fleet, host);
            let started = started.and_then(|()| self.budgets.allow_start(namespace, host));
            match started {
                Ok(()) => return Ok(()),
                Err((_, message)) => message,
            }
        };
        broken(
            BrokenRule::Permission,
            format!("`{name}` is permitted to begin although {because}"),
        )
    }

    /// The task waits as before an attempt that never began; what it used of its retries stays.
    pub(crate) fn wait_again(&mut self, task: usize, not_before: Timestamp) {
        let of = &mut self.tasks[task];
        // This delay is no setting, so it does not follow one.
        (of.delayed, of.not_before) = (not_before, not_before);
    }

    /// What could stop a host of the job. Hosts for which it is equal stand for each other.
    pub(crate) fn class(&self, namespace: &Namespace, task: usize, host: HostId) -> impl Ord + use<> {
        (
            namespace.limits_of(host).to_vec(),
            namespace.budgets_of[host.index()].clone(),
            self.sequences.of(host).to_vec(),
            self.waves.of(task),
        )
    }

    /// Whether the end of this host may let others start that no limit stops.
    pub(crate) fn ends_a_stage(&self, namespace: &Namespace, host: &HostName) -> bool {
        self.settings.max_parallel.is_some()
            || namespace
                .id(host)
                .is_ok_and(|host| self.sequences.any_is_complete(host))
    }

    /// Whether it is known what its hosts wait for. After a change of fleet or policy, budgets and waves may differ
    /// from the scheduler's, which keep what they had.
    pub(crate) fn is_followed(&self) -> bool {
        !self.depleted && (!self.reconfigured || (self.spec.waves.is_empty() && self.budgets.are_none()))
    }

    /// Failed and allowed hosts, if the budget is exceeded and the job still starts hosts.
    pub(crate) fn is_over_budget(&self) -> Option<(u32, u32)> {
        self.budgets.exceeded().filter(|_| self.status.may_start())
    }

    /// Refuses a success before the settle time has passed.
    pub(crate) fn may_succeed(&self, task: usize, now: Timestamp) -> Result<(), Breach> {
        let (phase, since) = self.tasks[task].phase;
        // An aborted job ends its attempts during their settle time.
        let settle = self.settings.settle.unwrap_or_default();
        if settle.is_zero() || self.aborted || (phase == Phase::Settle && now - since >= settle) {
            return Ok(());
        }
        let message = format!(
            "`{}` counts as done before its settle time has passed",
            self.hosts[task]
        );
        broken(BrokenRule::Settle, message)
    }

    pub(crate) fn retry(
        &mut self,
        task: usize,
        not_before: Timestamp,
        now: Timestamp,
        reason: RetryReason,
    ) -> Result<(), Breach> {
        let (name, doubt) = (self.hosts[task].clone(), self.settings.on_doubt.unwrap_or_default());
        let of = &mut self.tasks[task];
        (of.delayed, of.not_before) = (now, not_before);
        if reason == RetryReason::Ordered {
            // Retries are what the scheduler may do by itself, so an order starts their count
            // again.
            (of.retries, of.connect_retries) = (0, 0);
            return Ok(());
        }
        if of.state == TaskState::InDoubt && doubt != OnDoubt::Retry {
            return broken(
                BrokenRule::Once,
                format!("`{name}` is in doubt and is tried again without an order"),
            );
        }
        if of.state == TaskState::InDoubt && of.began_unlocked {
            return broken(
                BrokenRule::Once,
                format!(
                    "`{name}` is in doubt and is tried again without an order, and no lock keeps two attempts apart \
                     there"
                ),
            );
        }
        let (used, allowed) = if reason == RetryReason::ConnectFailed {
            (&mut of.connect_retries, self.settings.connect_retries.unwrap_or(0))
        } else {
            (&mut of.retries, self.settings.retries.unwrap_or(0))
        };
        *used += 1;
        if *used > allowed {
            return broken(
                BrokenRule::Once,
                format!("`{name}` is tried again, and {allowed} retries are allowed"),
            );
        }
        Ok(())
    }

    /// Resumes the job by an operator's order.
    pub(crate) fn reopen(&mut self, now: Timestamp) {
        (self.status, self.aborted) = (JobStatus::Running, false);
        self.limits.reopen(now);
        self.budgets.forgive();
    }

    fn max_parallel(&self) -> Option<u32> {
        let hosts = u32::try_from(self.tasks.len()).unwrap_or(u32::MAX);
        self.settings.max_parallel.map(|limit| limit.slots(hosts))
    }

    /// Whether hosts are asked before an attempt is reported to be in doubt.
    pub(crate) fn retries_doubts(&self) -> bool {
        self.settings.on_doubt == Some(OnDoubt::Retry)
    }

    pub(crate) fn alter(&mut self, change: &JobUpdate, now: Timestamp) {
        let settings = change.apply(&self.settings);
        let before = std::mem::replace(&mut self.settings, settings);
        self.limits.alter(&self.settings, change.changes(Setting::JobTimeout));
        if self.retries_doubts() {
            let running = self.tasks.iter().filter(|task| task.state == TaskState::Running);
            let permitted = running.filter_map(|task| task.permitted);
            permitted.for_each(|attempt| self.limits.ask(attempt));
        }
        if change.changes(Setting::AllowFailures) || change.changes(Setting::Bake) {
            self.waves.alter(&self.settings);
            self.waves.follow(now);
        }
        let hosts = u32::try_from(self.tasks.len()).unwrap_or(u32::MAX);
        self.budgets
            .allow(self.settings.max_failures.map(|limit| limit.tolerated(hosts)));
        let delays = (delay(&before), delay(&self.settings));
        // Unequal only: scaling rounds, and an unrelated change would move the times.
        if delays.0 != delays.1 {
            self.tasks.iter_mut().for_each(|task| task.wait_in_proportion(delays));
        }
    }

    pub(crate) fn open_wave(&mut self, wave: u32, ordered: bool, now: Timestamp) -> Result<(), Breach> {
        if self.settings.gate == Some(WaveGate::Manual) && !ordered {
            return broken(
                BrokenRule::Order,
                "a wave begins without an order, and its gate is manual",
            );
        }
        if self.depleted {
            // Which host is in which wave is unknown, so the wave counts as open.
            let _ = self.waves.open(wave, ordered, now);
            return Ok(());
        }
        self.waves.open(wave, ordered, now)
    }
}
