//! Groups of hosts under one limit.

use std::time::Duration;

use pogo_core::Timestamp;
use pogo_core::plan::Bucket;
use pogo_core::policy::{Policy, Rule};

use super::host_state::HostState;

/// Whether a bucket is the guard: a limit of a policy file says where it was written.
pub(crate) fn is_guard(bucket: &Bucket) -> bool {
    bucket.origin.is_none() && bucket.rule == Rule::MaxRunning(Policy::GUARD)
}

/// The label of a bucket for people. The guard's own selector is not meaningful.
pub(crate) fn label(bucket: &Bucket) -> String {
    match is_guard(bucket) {
        true => "hosts without a limit".to_owned(),
        false => bucket.group.clone(),
    }
}

/// Hosts under one limit, with their counts.
#[derive(Debug, Clone)]
pub(crate) struct Group {
    pub(crate) name: String,
    pub(crate) limit: Option<(Rule, u32)>,
    pub(crate) hosts: u32,
    pub(crate) waiting: u32,
    pub(crate) running: u32,
    /// Hosts that failed or are in doubt.
    pub(crate) bad: u32,
    /// Those of them that are in doubt.
    pub(crate) in_doubt: u32,
    pub(crate) cancelled: u32,
    /// The most that ran at once.
    pub(crate) widest: u32,
    /// Only what runs counts: the limit is the job's own.
    pub(crate) is_job: bool,
    /// The limit is the guard, which no policy states.
    is_guard: bool,
    /// For how long hosts waited while every slot was taken.
    pub(crate) full_for: Duration,
    /// How often it came to that.
    pub(crate) times_full: u32,
    full_since: Option<Timestamp>,
}

impl Group {
    /// The hosts of a bucket.
    pub(super) fn of(bucket: &Bucket) -> Self {
        Self {
            is_guard: is_guard(bucket),
            ..Self::new(label(bucket), Some((bucket.rule, bucket.slots)))
        }
    }

    pub(super) fn new(name: String, limit: Option<(Rule, u32)>) -> Self {
        let (full_for, full_since) = (Duration::ZERO, None);
        Self {
            name,
            limit,
            is_job: false,
            is_guard: false,
            hosts: 0,
            waiting: 0,
            running: 0,
            bad: 0,
            in_doubt: 0,
            cancelled: 0,
            widest: 0,
            full_for,
            times_full: 0,
            full_since,
        }
    }

    /// What the limit counts, as the plan calls it.
    pub(crate) fn name(&self) -> &str {
        if self.is_job { "this job" } else { &self.name }
    }

    /// The rule as a policy has it, or for the guard what changes it.
    pub(super) fn rule(&self) -> Option<String> {
        let (rule, slots) = self.limit?;
        Some(match self.is_guard {
            true => format!("{slots} at once (-f changes it)"),
            false => rule.to_string(),
        })
    }

    /// Hosts that were tried to their end, or skipped.
    pub(crate) fn done(&self) -> u32 {
        self.hosts - self.waiting - self.running - self.cancelled
    }

    /// Whether hosts wait and every slot is taken.
    pub(crate) fn is_full(&self) -> bool {
        self.waiting > 0 && self.limit.is_some_and(|(_, slots)| self.running + self.held() >= slots)
    }

    /// Slots that are taken by hosts that do not run.
    pub(crate) fn held(&self) -> u32 {
        let counts = self.limit.is_none_or(|(rule, _)| rule.counts_unavailable());
        if self.is_job || !counts { 0 } else { self.bad }
    }

    /// A host goes from one state to another.
    pub(super) fn recount(&mut self, before: &HostState, after: &HostState, at: Timestamp) {
        self.count(before, |count| count.saturating_sub(1));
        self.count(after, |count| count + 1);
        if *before == HostState::Absent {
            self.hosts += 1;
        }
        self.judge(at);
    }

    /// Takes over what an earlier group of the same hosts had seen.
    pub(super) fn follow(&mut self, earlier: &Self) {
        self.widest = earlier.widest;
        self.full_for = earlier.full_for;
        self.times_full = earlier.times_full;
        self.full_since = earlier.full_since;
    }

    fn count(&mut self, state: &HostState, by: fn(u32) -> u32) {
        match state {
            HostState::Waiting => self.waiting = by(self.waiting),
            HostState::Running => self.running = by(self.running),
            HostState::Cancelled => self.cancelled = by(self.cancelled),
            HostState::InDoubt(_) => self.in_doubt = by(self.in_doubt),
            _ => {}
        }
        if state.is_bad() {
            self.bad = by(self.bad);
        }
    }

    fn judge(&mut self, at: Timestamp) {
        self.widest = self.widest.max(self.running);
        match (self.is_full(), self.full_since) {
            (true, None) => self.full_since = Some(at),
            (false, Some(since)) => {
                self.full_for += at - since;
                // Within one moment hosts end and others start.
                self.times_full += u32::from(at > since);
                self.full_since = None;
            }
            _ => {}
        }
    }
}
