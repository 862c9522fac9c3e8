//! A moment of two dispatchers: what the journal has, what each may still do, and what really runs on the hosts.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

use pogo_core::Timestamp;
use pogo_core::fleet::HostName;
use pogo_core::scheduler::{
    AttemptId, DoubtCause, Event, FenceAnswer, FenceState, Incarnation, Input, NeverBegan, Outcome, Record,
    RestoreCause, Scheduler, TaskEventKind,
};

use super::Planted;
use crate::oracle::Oracle;

/// An attempt as one dispatcher launched it.
pub(super) type LaunchKey = (u8, AttemptId);

/// How far a launch has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Launch {
    Connecting,
    /// The host holds its lock for it, and waits.
    Ready,
    Permitted,
    /// The word to go is on its way.
    Told,
    Begun,
}

#[derive(Clone)]
pub(super) struct Moment {
    /// What the journal has.
    pub(super) scheduler: Scheduler,
    oracle: Oracle,
    /// The dispatcher that owns the journal: they take turns, and whoever comes back is another one.
    pub(super) owner: u8,
    pub(super) faults: u8,
    pub(super) launches: BTreeMap<LaunchKey, (HostName, Launch)>,
    /// Who holds the lock of each host.
    locks: BTreeMap<HostName, LaunchKey>,
    /// Commands that run.
    pub(super) running: BTreeSet<(HostName, AttemptId)>,
    permitted: BTreeSet<AttemptId>,
    /// Attempts that the journal knows of.
    started: BTreeSet<AttemptId>,
    /// How often the journal may still be set back, and to what.
    pub(super) restores: u8,
    pub(super) copy: Option<Arc<JournalCopy>>,
    /// Attempts of which the journal knows nothing since it was set back.
    lost: BTreeSet<AttemptId>,
    /// One of them was seen to run after that.
    pub(super) lost_runs: bool,
    pub(super) used_after_takeover: bool,
    /// Some attempt was in doubt.
    pub(super) doubted: bool,
    pub(super) broken: Option<String>,
}

/// The journal as it was at an earlier moment.
pub(super) struct JournalCopy {
    scheduler: Scheduler,
    oracle: Oracle,
    started: BTreeSet<AttemptId>,
}

impl Moment {
    fn copied(&self) -> Option<u64> {
        self.copy.as_ref().map(|copy| copy.scheduler.fingerprint())
    }
}

impl Hash for Moment {
    fn hash<H: Hasher>(&self, state: &mut H) {
        (self.restores, self.copied(), &self.lost, self.lost_runs).hash(state);
        (self.scheduler.fingerprint(), self.owner, self.faults, &self.locks).hash(state);
        (&self.launches, &self.running, &self.permitted).hash(state);
        (self.used_after_takeover, self.doubted, &self.broken).hash(state);
    }
}

impl PartialEq for Moment {
    fn eq(&self, other: &Self) -> bool {
        self.scheduler.fingerprint() == other.scheduler.fingerprint()
            && (self.owner, self.faults, &self.locks) == (other.owner, other.faults, &other.locks)
            && (&self.launches, &self.running) == (&other.launches, &other.running)
            && (self.restores, self.copied(), &self.lost) == (other.restores, other.copied(), &other.lost)
    }
}

impl fmt::Debug for Moment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (launches, running) = (&self.launches, &self.running);
        write!(
            f,
            "{} owns: {launches:?}, running {running:?}, {:?}",
            self.owner, self.broken
        )
    }
}

impl Moment {
    pub(super) fn new(faults: u8, restores: u8) -> Self {
        Self {
            scheduler: Scheduler::new(),
            oracle: Oracle::default(),
            owner: 0,
            faults,
            launches: BTreeMap::new(),
            locks: BTreeMap::new(),
            running: BTreeSet::new(),
            permitted: BTreeSet::new(),
            started: BTreeSet::new(),
            restores,
            copy: None,
            lost: BTreeSet::new(),
            lost_runs: false,
            used_after_takeover: false,
            doubted: false,
            broken: None,
        }
    }

    fn break_rule(&mut self, rule: String) {
        self.broken.get_or_insert(rule);
    }

    /// The owner appends what follows from an input, and acts on it.
    pub(super) fn input(&mut self, input: Input) -> bool {
        let Ok(events) = self.scheduler.handle(Timestamp::EPOCH, input) else {
            return false;
        };
        for event in events {
            if let Err(rule) = self.oracle.take(&Record::new(Timestamp::EPOCH, event.clone())) {
                self.break_rule(rule);
            }
            let Event::Task(event) = event else { continue };
            match event.kind {
                TaskEventKind::Started { attempt, .. } => {
                    self.started.insert(attempt);
                    let launch = (event.host, Launch::Connecting);
                    self.launches.insert((self.owner, attempt), launch);
                }
                TaskEventKind::Permitted { attempt, .. } => _ = self.permitted.insert(attempt),
                TaskEventKind::InDoubt { attempt, cause, .. } => {
                    self.doubted = true;
                    // The journal may have lost its permission.
                    if cause != Some(DoubtCause::Restored) && !self.permitted.contains(&attempt) {
                        self.break_rule(format!("{attempt} is in doubt without a permission"));
                    }
                }
                _ => {}
            }
        }
        self.check_slots();
        true
    }

    /// A launch ends so. Only the owner can say it.
    pub(super) fn end(&mut self, key: LaunchKey, outcome: Outcome) -> bool {
        self.leave(key);
        let (dispatcher, attempt) = key;
        if dispatcher == self.owner && self.scheduler.attempt(attempt).is_some() {
            let output = None;
            return self.input(Input::Reported {
                attempt,
                outcome,
                output,
            });
        }
        true
    }

    /// The link of a launch breaks when the host may have the word to go: it goes on, and nobody hears of it.
    pub(super) fn abandon(&mut self, key: LaunchKey, outcome: Outcome) -> bool {
        let unheard = (u8::MAX, key.1);
        if let Some(launch) = self.launches.remove(&key) {
            self.launches.insert(unheard, launch);
        }
        for holder in self.locks.values_mut().filter(|holder| **holder == key) {
            *holder = unheard;
        }
        self.end(key, outcome)
    }

    /// Nothing is left of a launch but its command.
    pub(super) fn leave(&mut self, key: LaunchKey) {
        self.launches.remove(&key);
        self.locks.retain(|_, holder| *holder != key);
    }

    pub(super) fn set(&mut self, key: LaunchKey, launch: Launch) {
        if let Some((_, now)) = self.launches.get_mut(&key) {
            *now = launch;
        }
    }

    /// A launch arrives at its host: it gets the lock, or the host is busy.
    pub(super) fn arrive(&mut self, key: LaunchKey, planted: Planted) -> bool {
        let Some((host, _)) = self.launches.get(&key).cloned() else {
            return false;
        };
        let group_lives = self.running.iter().any(|(on, _)| *on == host);
        if self.locks.contains_key(&host) || group_lives && planted != Planted::GroupIsNotChecked {
            return self.end(key, Outcome::never_began(NeverBegan::Busy, ""));
        }
        self.locks.insert(host, key);
        self.set(key, Launch::Ready);
        true
    }

    /// Asks whether a launch may begin; whoever does not own the journal cannot make the answer durable.
    pub(super) fn ask(&mut self, key: LaunchKey, planted: Planted) -> bool {
        let (dispatcher, attempt) = key;
        let unasked = planted == Planted::PermissionIsSkipped
            || planted == Planted::AppendsAreUnfenced && dispatcher != self.owner;
        let host_lock = true;
        if unasked || dispatcher == self.owner && self.input(Input::Begin { attempt, host_lock }) {
            self.set(key, Launch::Permitted);
            return true;
        }
        self.end(key, Outcome::never_began(NeverBegan::Refused, ""))
    }

    /// The host hears the word to go.
    pub(super) fn begin(&mut self, key: LaunchKey) -> bool {
        let Some((host, _)) = self.launches.get(&key).cloned() else {
            return false;
        };
        let (dispatcher, attempt) = key;
        if let Some((_, other)) = self.running.iter().find(|(on, _)| *on == host) {
            let rule = format!("{attempt} begins on {host}, where {other} runs", host = host.as_str());
            self.break_rule(rule);
        }
        if !self.permitted.contains(&attempt) {
            self.break_rule(format!("{attempt} begins without a permission"));
        }
        self.used_after_takeover |= dispatcher != self.owner;
        self.running.insert((host, attempt));
        self.set(key, Launch::Begun);
        self.check_slots();
        true
    }

    /// A command ends; whoever still watches over it says so.
    pub(super) fn end_command(&mut self, command: &(HostName, AttemptId)) -> bool {
        self.running.remove(command);
        let watched = self
            .launches
            .iter()
            .find(|((_, attempt), (_, launch))| *attempt == command.1 && *launch == Launch::Begun);
        match watched.map(|(key, _)| *key) {
            Some(key) => self.end(key, Outcome::Succeeded),
            None => true,
        }
    }

    /// The journal is set back to its copy, and another dispatcher goes on with that.
    pub(super) fn restore(&mut self, kills: bool, planted: Planted) -> bool {
        let Some(copy) = self.copy.take() else { return false };
        self.restores -= 1;
        (self.scheduler, self.oracle) = (copy.scheduler.clone(), copy.oracle.clone());
        let started = std::mem::replace(&mut self.started, copy.started.clone());
        self.lost = started.difference(&copy.started).copied().collect();
        self.change_owner(kills);
        let restored = Input::Restored {
            cause: RestoreCause::Copied,
            at_least: Incarnation::default(),
            id: None,
            request: None,
            reason: "a model".into(),
            actor: None,
        };
        let goes_on = planted == Planted::RestoreIsNotRecorded || self.input(restored);
        goes_on && self.input(Input::Recover { resumed: vec![] })
    }

    pub(super) fn copy(&mut self) {
        self.copy = Some(Arc::new(JournalCopy {
            scheduler: self.scheduler.clone(),
            oracle: self.oracle.clone(),
            started: self.started.clone(),
        }));
    }

    /// Another dispatcher takes over; the former one may be dead, or only paused.
    pub(super) fn take_over(&mut self, kills: bool) -> bool {
        self.change_owner(kills);
        self.input(Input::Recover { resumed: vec![] })
    }

    fn change_owner(&mut self, kills: bool) {
        let former = self.owner;
        self.owner += 1;
        if kills {
            let of_former = self.launches.keys().filter(|(dispatcher, _)| *dispatcher == former);
            for key in of_former.copied().collect::<Vec<_>>() {
                // What supervises a command, or has been told to go, goes on without its dispatcher.
                let (_, launch) = self.launches[&key];
                if launch < Launch::Told {
                    self.leave(key);
                }
            }
        }
    }

    /// The attempts in doubt whose hosts would say something new, and what.
    pub(super) fn questions(&self, planted: Planted) -> Vec<(AttemptId, FenceAnswer)> {
        let unfenced = self
            .scheduler
            .doubts()
            .into_iter()
            .filter(|doubt| !doubt.fence.is_fenced());
        let asked = unfenced.map(|doubt| {
            let launched = self.launches.keys().any(|(_, attempt)| *attempt == doubt.attempt);
            // A supervisor may be gone, and what it ran be there.
            let runs = planted != Planted::GroupIsNotChecked && self.running.contains(&(doubt.host, doubt.attempt));
            let answer = match launched || runs {
                true => FenceAnswer::StillRunning,
                // Only a restore leaves such a one in doubt.
                false if !self.permitted.contains(&doubt.attempt) => FenceAnswer::NeverBegan,
                false => FenceAnswer::Ended(Outcome::in_doubt("nothing of it runs")),
            };
            (doubt.attempt, answer, doubt.fence)
        });
        let new = asked.filter(|(_, answer, fence)| answer.is_final() || *fence == FenceState::NotAsked);
        new.map(|(attempt, answer, _)| (attempt, answer)).collect()
    }

    pub(super) fn fence(&mut self, attempt: AttemptId, planted: Planted) -> bool {
        let answer = self.questions(planted).into_iter().find(|(asked, _)| *asked == attempt);
        answer.is_some_and(|(attempt, answer)| self.input(Input::Fenced { attempt, answer }))
    }

    /// Whatever runs on a host holds its slots.
    fn check_slots(&mut self) {
        let free = |host: &HostName| {
            let group = format!("$id.{}", host.as_str());
            let mut buckets = self.scheduler.buckets();
            !buckets.any(|bucket| bucket.bucket().group == group && bucket.unavailable() > 0)
        };
        self.lost_runs |= self.running.iter().any(|(_, attempt)| self.lost.contains(attempt));
        let known = self.running.iter().filter(|(_, attempt)| !self.lost.contains(attempt));
        if let Some((host, attempt)) = known.clone().find(|(host, _)| free(host)) {
            let rule = format!("{attempt} runs on {}, whose slots are free", host.as_str());
            self.break_rule(rule);
        }
    }
}
