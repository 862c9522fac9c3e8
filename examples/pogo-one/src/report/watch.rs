//! What the events add up to: who is how far, how wide the rollout got, and where a limit held it back.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use pogo_core::Timestamp;
use pogo_core::fleet::{Fleet, HostId, HostName, fold};
use pogo_core::plan::Rules;
use pogo_core::policy::{Limit, Rule};
use pogo_core::scheduler::{Event, Obstacle, Record};

/// How far a host is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) enum HostState {
    /// Not part of the job.
    #[default]
    Absent,
    Waiting,
    Running,
    Succeeded,
    Failed(String),
    InDoubt(String),
    Skipped,
    Cancelled,
}

impl HostState {
    fn is_bad(&self) -> bool {
        matches!(self, Self::Failed(_) | Self::InDoubt(_))
    }
}

/// Hosts that are counted together, and how they are doing.
#[derive(Debug, Clone)]
pub(crate) struct Group {
    pub(crate) name: String,
    pub(crate) limit: Option<(Rule, u32)>,
    pub(crate) hosts: u32,
    pub(crate) waiting: u32,
    pub(crate) running: u32,
    pub(crate) cancelled: u32,
    pub(crate) bad: u32,
    /// The most that ran at once.
    pub(crate) widest: u32,
    /// Only what runs counts: the limit is the job's own.
    pub(crate) is_job: bool,
    /// For how long hosts waited while every slot was taken.
    pub(crate) full_for: Duration,
    full_since: Option<Timestamp>,
}

impl Group {
    fn new(name: String, limit: Option<(Rule, u32)>) -> Self {
        let (full_for, full_since) = (Duration::ZERO, None);
        Self {
            name,
            limit,
            is_job: false,
            hosts: 0,
            waiting: 0,
            running: 0,
            cancelled: 0,
            bad: 0,
            widest: 0,
            full_for,
            full_since,
        }
    }

    /// What the limit counts, as the plan calls it.
    pub(crate) fn name(&self) -> &str {
        if self.is_job { "this job" } else { &self.name }
    }

    pub(crate) fn done(&self) -> u32 {
        // Hosts that were cancelled were never run.
        self.hosts - self.waiting - self.running - self.cancelled
    }

    fn count(&mut self, state: &HostState, by: fn(u32) -> u32) {
        match state {
            HostState::Waiting => self.waiting = by(self.waiting),
            HostState::Running => self.running = by(self.running),
            HostState::Cancelled => self.cancelled = by(self.cancelled),
            state if state.is_bad() => self.bad = by(self.bad),
            _ => {}
        }
    }

    fn judge(&mut self, at: Timestamp) {
        self.widest = self.widest.max(self.running);
        let held = if self.is_job { 0 } else { self.bad };
        let full = self.waiting > 0 && self.limit.is_some_and(|(_, slots)| self.running + held >= slots);
        match (full, self.full_since) {
            (true, None) => self.full_since = Some(at),
            (false, Some(since)) => {
                self.full_for += at - since;
                self.full_since = None;
            }
            _ => {}
        }
    }
}

/// Follows one job by its events.
#[derive(Debug, Default)]
pub(crate) struct Watch {
    fleet: Arc<Fleet>,
    rules: Option<Rules>,
    states: Vec<HostState>,
    pub(crate) total: Option<Group>,
    /// One for each bucket.
    pub(crate) groups: Vec<Group>,
    pub(crate) blocked_by: Vec<Obstacle>,
    /// How many may fail, as it was given and as a number.
    pub(crate) max_failures: Option<(Limit, u32)>,
    pub(crate) stopped: Option<String>,
    /// Hosts that took longer than is usual, those that still run among them.
    pub(crate) slow: BTreeSet<HostName>,
    pub(crate) began: Timestamp,
    pub(crate) now: Timestamp,
}

impl Watch {
    /// Takes note of an event. Returns the host and its state, if the state has changed.
    pub(crate) fn note<'a>(&mut self, record: &'a Record) -> Option<(&'a HostName, HostState)> {
        self.now = record.at;
        let state = match &record.event {
            Event::NamespaceConfigured { fleet, policy } => {
                self.configure(fleet, Rules::compile(fleet, policy).ok());
                return None;
            }
            Event::JobSubmitted { hosts, spec, .. } => {
                self.began = record.at;
                let all = u32::try_from(hosts.len()).unwrap_or(u32::MAX);
                self.limited(spec.max_parallel, all);
                self.max_failures = spec.max_failures.map(|limit| (limit, limit.tolerated(all)));
                hosts.iter().for_each(|host| self.change(host, HostState::Waiting));
                return None;
            }
            Event::JobBlocked { reasons, .. } => {
                self.blocked_by.clone_from(reasons);
                return None;
            }
            Event::JobAltered { change, .. } => {
                self.limited(change.max_parallel.map(Limit::Count), 0);
                let failures = change.max_failures.map(|most| (Limit::Count(most), most));
                self.max_failures = failures.or(self.max_failures);
                return None;
            }
            Event::JobHalting { reason, .. } => {
                self.stopped = Some(reason.clone());
                return None;
            }
            Event::TaskSlow { host, .. } => {
                self.slow.insert(host.clone());
                return None;
            }
            Event::TaskStarted { .. } => HostState::Running,
            Event::TaskSucceeded { .. } => HostState::Succeeded,
            Event::TaskFailed { failure, .. } => HostState::Failed(failure.to_string()),
            Event::TaskInDoubt { message, .. } => HostState::InDoubt(message.clone()),
            Event::TaskRetried { .. } => HostState::Waiting,
            Event::TaskSkipped { .. } => HostState::Skipped,
            Event::TaskCancelled { .. } => HostState::Cancelled,
            _ => return None,
        };
        let host = record.event.host()?;
        self.change(host, state.clone());
        Some((host, state))
    }

    /// The program leaves: nobody will learn how what runs ends.
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

    /// Names the hosts of which nobody knows what became.
    pub(crate) fn in_doubt(&self) -> Option<String> {
        let hosts = self.hosts(|state| matches!(state, HostState::InDoubt(_)));
        let names: Vec<&HostName> = hosts.into_iter().map(|(host, _)| host).collect();
        (!names.is_empty()).then(|| format!("in doubt, and perhaps still running: {}", fold(&names)))
    }

    /// The job's own limit on how many run, where it has a new one.
    fn limited(&mut self, limit: Option<Limit>, hosts: u32) {
        if let (Some(total), Some(limit)) = (&mut self.total, limit) {
            total.limit = Some((Rule::MaxParallel(limit), limit.places(hosts)));
        }
    }

    fn configure(&mut self, fleet: &Arc<Fleet>, rules: Option<Rules>) {
        self.fleet = Arc::clone(fleet);
        self.states = vec![HostState::Absent; fleet.len()];
        self.total = Some(Group {
            is_job: true,
            ..Group::new("all hosts".to_owned(), None)
        });
        let buckets = rules.iter().flat_map(Rules::buckets);
        self.groups = buckets
            .map(|b| Group::new(b.group.clone(), Some((b.rule, b.places))))
            .collect();
        self.rules = rules;
    }

    fn change(&mut self, host: &HostName, state: HostState) {
        let Some(id) = self.fleet.id(host.as_str()) else { return };
        let Some(entry) = self.states.get_mut(id.index()) else {
            return;
        };
        let before = std::mem::replace(entry, state.clone());
        let buckets = self
            .rules
            .as_ref()
            .map(|rules| rules.buckets_of(id))
            .unwrap_or_default();
        for bucket in buckets {
            if let Some(group) = self.groups.get_mut(bucket.index()) {
                recount(group, &before, &state, self.now);
            }
        }
        if let Some(total) = &mut self.total {
            recount(total, &before, &state, self.now);
        }
    }

    /// Hosts of the job in one state, in listed order.
    pub(crate) fn hosts(&self, wanted: impl Fn(&HostState) -> bool) -> Vec<(&HostName, &HostState)> {
        let ids = (0..).map(HostId::new).zip(&self.states);
        ids.filter(|(_, state)| wanted(state))
            .map(|(host, state)| (self.fleet.name(host), state))
            .collect()
    }

    /// How many of the hosts that run have done so for longer than is usual.
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

fn recount(group: &mut Group, before: &HostState, after: &HostState, at: Timestamp) {
    group.count(before, |count| count.saturating_sub(1));
    group.count(after, |count| count + 1);
    if *before == HostState::Absent {
        group.hosts += 1;
    }
    group.judge(at);
}

#[cfg(test)]
mod tests {
    use pogo_core::plan::{Command, JobSpec};
    use pogo_core::policy::{Constraint, Policy};
    use pogo_core::sim::World;

    use super::*;

    #[test]
    fn the_width_and_the_time_at_the_limit_are_read_off_the_events() {
        let fleet = Fleet::builder().tagged("web", "w[1-4]").build().unwrap();
        let limit = Constraint::new("$web".parse().unwrap(), Rule::MaxParallel("2".parse().unwrap()));
        let policy = Policy {
            constraints: vec![limit],
            ..Policy::default()
        };
        let mut world = World::new(fleet, policy).unwrap();
        world
            .submit(JobSpec::new("*".parse().unwrap(), Command::shell("true")))
            .unwrap();
        let mut watch = Watch::default();
        world.run().records.iter().for_each(|record| _ = watch.note(record));

        let group = &watch.groups[0];
        assert_eq!((group.widest, group.full_for), (2, Duration::from_secs(1)));
        assert_eq!(watch.elapsed(), Duration::from_secs(2));
        assert_eq!(watch.hosts(|state| *state == HostState::Succeeded).len(), 4);
    }
}
