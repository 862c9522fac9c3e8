//! The progress of a job from its events: host states and usage of limits.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use pogo_core::Timestamp;
use pogo_core::fleet::{Fleet, HostId, HostName, fold};
use pogo_core::plan::{JobSpec, Rules};
use pogo_core::policy::{JobSettings, Limit, Policy, Rule};
use pogo_core::scheduler::{Event, JobEventKind, NamespaceEventKind, Obstacle, Record, TaskEvent, TaskEventKind};

use super::group::Group;
use super::host_state::HostState;

/// A job as it was submitted.
#[derive(Debug, Clone)]
pub(crate) struct Submitted {
    pub(crate) fleet: Arc<Fleet>,
    pub(crate) policy: Arc<Policy>,
    pub(crate) spec: Arc<JobSpec>,
}

/// Whether a job starts more hosts.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum Steering {
    /// As soon as there are slots.
    #[default]
    Goes,
    /// Not until it is resumed.
    Paused,
    /// It was stopped, and what runs may end.
    Stopping,
}

/// Follows one job by its events.
#[derive(Debug, Default)]
pub(crate) struct JobProgress {
    fleet: Arc<Fleet>,
    policy: Arc<Policy>,
    rules: Option<Rules>,
    states: Vec<HostState>,
    pub(crate) total: Option<Group>,
    /// One for each bucket.
    pub(crate) groups: Vec<Group>,
    pub(crate) blocked_by: Vec<Obstacle>,
    /// How many may fail, as it was given and as a number.
    pub(crate) max_failures: Option<(Limit, u32)>,
    settings: JobSettings,
    /// How many hosts the job has, which shares are of.
    hosts_of_job: u32,
    pub(crate) stopped: Option<String>,
    /// Whether it starts more hosts, and if not why.
    #[cfg_attr(not(feature = "store"), allow(dead_code, reason = "there are no keys then"))]
    pub(crate) steering: Steering,
    /// Hosts that took longer than is usual, those that still run among them.
    pub(crate) slow: BTreeSet<HostName>,
    /// Hosts that run, those that have run longest first.
    running: BTreeSet<(Timestamp, HostId)>,
    /// When each host was started last.
    started: Vec<Timestamp>,
    /// How long attempts took that ended, and how many they were.
    took: (Duration, u32),
    pub(crate) job: Option<Submitted>,
    pub(crate) began: Timestamp,
    pub(crate) now: Timestamp,
    /// How long it was held up by people or by failures, until it last was not, and since when it is again.
    held_up: (Duration, Option<Timestamp>),
}

impl JobProgress {
    /// Applies an event. Returns the host and its state, if the state has changed.
    pub(crate) fn note<'a>(&mut self, record: &'a Record) -> Option<(&'a HostName, HostState)> {
        if record.event.job_kind() == Some(&JobEventKind::Retired) {
            return None;
        }
        self.now = record.at;
        match &record.event {
            Event::Namespace(event) => self.note_namespace(&event.kind),
            Event::Job(event) => self.note_job(record.at, &event.kind),
            Event::Task(TaskEvent { host, kind, .. }) => {
                let state = self.host_state(host, kind)?;
                self.change(host, state.clone());
                return Some((host, state));
            }
            _ => {}
        }
        None
    }

    fn note_namespace(&mut self, event: &NamespaceEventKind) {
        if let NamespaceEventKind::Configured { fleet, policy } = event
            && let (Ok(fleet), Ok(policy)) = (fleet.loaded(), policy.loaded())
        {
            self.configure(fleet, Rules::compile(fleet, policy).ok());
            self.policy = Arc::clone(policy);
        }
    }

    fn note_job(&mut self, at: Timestamp, event: &JobEventKind) {
        match event {
            JobEventKind::Submitted { hosts, spec, .. } => {
                self.began = at;
                self.job = Some(Submitted {
                    fleet: Arc::clone(&self.fleet),
                    policy: Arc::clone(&self.policy),
                    spec: Arc::clone(spec),
                });
                let all = u32::try_from(hosts.len()).unwrap_or(u32::MAX);
                self.hosts_of_job = all;
                self.limited(spec.settings.clone());
                hosts.iter().for_each(|host| self.change(host, HostState::Waiting));
            }
            JobEventKind::Blocked { reasons } => {
                self.blocked_by.clone_from(reasons);
                self.hold_up(at);
            }
            JobEventKind::Altered { change } => {
                self.limited(change.apply(&self.settings));
            }
            JobEventKind::Halting { reason, .. } => {
                self.stopped = Some(reason.clone());
                self.steering = Steering::Stopping;
                self.hold_up(at);
            }
            JobEventKind::Paused => {
                self.steering = Steering::Paused;
                self.hold_up(at);
            }
            JobEventKind::Unblocked => {
                self.blocked_by.clear();
                self.go_on(at);
            }
            JobEventKind::Resumed => {
                self.go_on(at);
                self.blocked_by.clear();
                self.stopped = None;
                self.steering = Steering::Goes;
            }
            _ => {}
        }
    }

    fn hold_up(&mut self, at: Timestamp) {
        self.held_up.1.get_or_insert(at);
    }

    fn go_on(&mut self, at: Timestamp) {
        let (before, since) = self.held_up;
        self.held_up = (before + since.map_or(Duration::ZERO, |since| at - since), None);
    }

    /// How long it went on until then, without the time in which it was paused, stopped or blocked: what is left goes
    /// by that.
    pub(crate) fn worked(&self, now: Timestamp) -> Duration {
        let (before, since) = self.held_up;
        let idle = before + since.map_or(Duration::ZERO, |since| now - since);
        (now - self.began).saturating_sub(idle)
    }

    /// The state that a host is in after what happened to its task, if it is another.
    fn host_state(&mut self, host: &HostName, event: &TaskEventKind) -> Option<HostState> {
        Some(match event {
            TaskEventKind::Started { .. } => HostState::Running,
            TaskEventKind::Succeeded { .. } => HostState::Succeeded,
            TaskEventKind::Failed { failure, .. } => HostState::Failed(failure.clone()),
            TaskEventKind::InDoubt { message, .. } => HostState::InDoubt(message.clone()),
            TaskEventKind::Retried { .. } | TaskEventKind::NeverBegan { .. } => HostState::Waiting,
            TaskEventKind::Skipped => HostState::Skipped,
            TaskEventKind::Cancelled => HostState::Cancelled,
            TaskEventKind::Slow { .. } => {
                self.slow.insert(host.clone());
                return None;
            }
            _ => return None,
        })
    }

    /// Marks running hosts as in doubt when the program leaves.
    pub(crate) fn leave(&mut self) {
        let running = self.hosts(|state| *state == HostState::Running);
        let running: Vec<HostName> = running.into_iter().map(|(host, _)| host.clone()).collect();
        for host in &running {
            self.change(
                host,
                HostState::InDoubt("it was still running when pogo left".to_owned()),
            );
        }
    }

    /// Names the hosts in doubt.
    pub(crate) fn in_doubt(&self) -> Option<String> {
        let hosts = self.hosts(|state| matches!(state, HostState::InDoubt(_)));
        let names: Vec<&HostName> = hosts.into_iter().map(|(host, _)| host).collect();
        (!names.is_empty()).then(|| format!("in doubt, and perhaps still running: {}", fold(&names)))
    }

    /// The job's own limits are those of these settings.
    fn limited(&mut self, settings: JobSettings) {
        let hosts = self.hosts_of_job;
        if let Some(total) = &mut self.total {
            let most = settings.max_parallel;
            total.limit = most.map(|limit| (Rule::MaxParallel(limit), limit.slots(hosts)));
        }
        self.max_failures = settings.max_failures.map(|limit| (limit, limit.tolerated(hosts)));
        self.settings = settings;
    }

    fn configure(&mut self, fleet: &Arc<Fleet>, rules: Option<Rules>) {
        let known: Vec<(HostName, HostState)> = self
            .hosts(|state| *state != HostState::Absent)
            .into_iter()
            .map(|(host, state)| (host.clone(), state.clone()))
            .collect();
        let since: BTreeMap<HostName, Timestamp> = self.running().map(|(host, at)| (host.clone(), at)).collect();
        let (total, groups) = (self.total.take(), std::mem::take(&mut self.groups));
        self.fleet = Arc::clone(fleet);
        self.states = vec![HostState::Absent; fleet.len()];
        self.started = vec![Timestamp::EPOCH; fleet.len()];
        self.running.clear();
        let mut all = Group::new("all hosts".to_owned(), total.as_ref().and_then(|total| total.limit));
        all.is_job = true;
        self.total = Some(all);
        let buckets = rules.iter().flat_map(Rules::buckets);
        self.groups = buckets.map(Group::of).collect();
        self.rules = rules;
        // A fleet may be replaced while the job runs.
        known.into_iter().for_each(|(host, state)| self.change(&host, state));
        self.start_at(&since);
        for group in self.groups.iter_mut().chain(&mut self.total) {
            let same = |of: &&Group| {
                of.name == group.name && of.limit.map(|(rule, _)| rule) == group.limit.map(|(rule, _)| rule)
            };
            if let Some(earlier) = groups.iter().chain(&total).find(same) {
                group.follow(earlier);
            }
        }
    }

    /// Corrects the start times of running hosts.
    fn start_at(&mut self, since: &BTreeMap<HostName, Timestamp>) {
        for (host, &at) in since {
            let Some(id) = self.fleet.id(host.as_str()) else {
                continue;
            };
            if let Some(started) = self.started.get_mut(id.index()) {
                self.running.remove(&(*started, id));
                self.running.insert((at, id));
                *started = at;
            }
        }
    }

    fn change(&mut self, host: &HostName, state: HostState) {
        let Some(id) = self.fleet.id(host.as_str()) else { return };
        let Some(entry) = self.states.get_mut(id.index()) else {
            return;
        };
        let before = std::mem::replace(entry, state.clone());
        self.time(id, &before, &state);
        let buckets = self
            .rules
            .as_ref()
            .map(|rules| rules.buckets_of(id))
            .unwrap_or_default();
        for bucket in buckets {
            if let Some(group) = self.groups.get_mut(bucket.index()) {
                group.recount(&before, &state, self.now);
            }
        }
        if let Some(total) = &mut self.total {
            total.recount(&before, &state, self.now);
        }
    }

    /// Takes note of when a host starts, and of how long it took.
    fn time(&mut self, host: HostId, before: &HostState, after: &HostState) {
        let Some(started) = self.started.get_mut(host.index()) else {
            return;
        };
        if *before == HostState::Running {
            self.running.remove(&(*started, host));
            if !matches!(after, HostState::Waiting | HostState::Running) {
                self.took = (self.took.0 + (self.now - *started), self.took.1 + 1);
            }
        }
        if *after == HostState::Running {
            *started = self.now;
            self.running.insert((self.now, host));
        }
    }

    /// The hosts that run and since when, those that have run longest first.
    pub(crate) fn running(&self) -> impl Iterator<Item = (&HostName, Timestamp)> {
        self.running.iter().map(|&(since, host)| (self.fleet.name(host), since))
    }

    /// How long a host took until now, in the mean.
    pub(crate) fn mean_time(&self) -> Option<Duration> {
        let (time, hosts) = self.took;
        time.checked_div(hosts)
    }

    pub(super) fn fleet(&self) -> &Fleet {
        &self.fleet
    }

    /// Where a host stands in the list; those that are in no list stand last.
    pub(crate) fn rank(&self, host: &HostName) -> (u32, HostName) {
        let id = self.fleet.id(host.as_str());
        let at = id.and_then(|id| u32::try_from(id.index()).ok());
        (at.unwrap_or(u32::MAX), host.clone())
    }

    /// Hosts of the job in one state, in listed order.
    pub(crate) fn hosts(&self, wanted: impl Fn(&HostState) -> bool) -> Vec<(&HostName, &HostState)> {
        let ids = (0..).map(HostId::new).zip(&self.states);
        ids.filter(|(_, state)| wanted(state))
            .map(|(host, state)| (self.fleet.name(host), state))
            .collect()
    }

    /// The number of running hosts that are slow.
    pub(crate) fn slow_now(&self) -> usize {
        let running = |host: &&HostName| {
            let id = self.fleet.id(host.as_str());
            id.and_then(|id| self.states.get(id.index())) == Some(&HostState::Running)
        };
        self.slow.iter().filter(running).count()
    }

    pub(crate) fn elapsed(&self) -> Duration {
        self.now - self.began
    }
}

#[cfg(test)]
mod tests {
    use pogo_core::plan::{JobSpec, RemoteCommand};
    use pogo_core::policy::{Constraint, Policy};
    use pogo_core::sim::World;

    use super::*;

    #[test]
    fn the_width_and_the_time_at_the_limit_are_read_off_the_events() {
        let fleet = Fleet::builder().tagged("web", "w[1-4]").build().unwrap();
        let limit = Constraint::new("$web".parse().unwrap(), Rule::MaxParallel("2".parse().unwrap()));
        let policy = Policy::new().constraint(limit);
        let mut world = World::new(fleet, policy).unwrap();
        world
            .submit(JobSpec::new("*".parse().unwrap(), RemoteCommand::shell("true")))
            .unwrap();
        let mut progress = JobProgress::default();
        world.run().records.iter().for_each(|record| _ = progress.note(record));

        let group = &progress.groups[0];
        assert_eq!((group.widest, group.full_for), (2, Duration::from_secs(1)));
        assert_eq!(progress.elapsed(), Duration::from_secs(2));
        assert_eq!(progress.hosts(|state| *state == HostState::Succeeded).len(), 4);
    }

    #[test]
    fn time_in_which_a_job_was_held_up_is_none_that_it_worked() {
        let mut progress = JobProgress::default();
        let blocked = JobEventKind::Blocked { reasons: vec![] };
        for (second, event) in [
            (10, JobEventKind::Paused),
            (12, JobEventKind::Paused),
            (40, JobEventKind::Resumed),
            (45, blocked),
            (50, JobEventKind::Unblocked),
            (60, JobEventKind::Paused),
        ] {
            progress.note_job(Timestamp::from_millis(second * 1_000), &event);
        }
        let worked = |second: u64| progress.worked(Timestamp::from_millis(second * 1_000));
        assert_eq!(worked(60), Duration::from_secs(25));
        assert_eq!(worked(5_000), Duration::from_secs(25), "it is paused");
    }
}
