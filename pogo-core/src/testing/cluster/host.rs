//! A host: its clock, its lock, and the record of the last attempt that it keeps beside it.

use std::collections::BTreeMap;

use super::executor::Millis;
use crate::fleet::HostName;
use crate::scheduler::AttemptId;

/// An attempt by its number. Numbers compare within one incarnation of the namespace.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct AttemptKey {
    pub(super) incarnation: u64,
    pub(super) attempt: AttemptId,
}

impl AttemptKey {
    /// That of an attempt by its number alone: each incarnation gives out 2^31 of them.
    pub(super) fn of(attempt: AttemptId) -> Self {
        Self {
            incarnation: attempt.number() >> 31,
            attempt,
        }
    }
}

/// What a host has recorded of an attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum RecordedState {
    /// The supervisor has the lock and waits for `go`.
    Ready,
    /// The command runs, or did when the host went down.
    Begun { command: u64 },
    /// The command has ended with this status.
    Ended { status: u32 },
}

/// The record of the last attempt of one incarnation.
#[derive(Debug, Clone, Copy)]
struct AttemptRecord {
    attempt: AttemptId,
    written: RecordedState,
    /// Lower numbers are refused.
    least: u64,
}

impl Default for AttemptRecord {
    fn default() -> Self {
        Self {
            attempt: AttemptId::new(0),
            written: RecordedState::Ready,
            least: 0,
        }
    }
}

/// The answer to a request for the lock.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Taken {
    /// The supervisor may go on.
    Held,
    /// Another command runs on the host.
    Busy,
    /// The host has a record of a later attempt, or was fenced.
    Superseded,
    /// This very attempt has begun before: it never runs twice.
    Again,
}

/// A host's answer about an attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum HostAnswer {
    /// It never got the word to go, and no longer can.
    NeverBegan,
    /// Its command ended with this status.
    Ended { status: u32 },
    /// Nothing of it runs, and its end was not recorded.
    Gone,
    /// Its command runs.
    Running,
    /// It waits for `go`.
    Waits,
    /// Another attempt has the lock, so that nothing can be said yet.
    Busy,
    /// The host has a record of a later attempt, which began when nothing of this one ran; lower numbers are refused.
    Other,
}

#[derive(Debug)]
pub(super) struct HostModel {
    pub(super) name: HostName,
    /// Offset of its clock, and its rate in parts per thousand.
    offset: Millis,
    rate: Millis,
    /// The supervisor that holds the lock.
    holder: Option<u64>,
    /// The current or last holder of the lock.
    last: Option<(AttemptKey, RecordedState)>,
    records: BTreeMap<u64, AttemptRecord>,
    /// Commands that run, by number.
    pub(super) running: BTreeMap<u64, AttemptKey>,
    /// Whether a new holder checks that the last command is gone.
    pub(super) checks_group: bool,
}

impl HostModel {
    pub(super) fn new(name: HostName, offset: Millis, rate: Millis) -> Self {
        Self {
            name,
            offset,
            rate,
            holder: None,
            last: None,
            records: BTreeMap::new(),
            running: BTreeMap::new(),
            checks_group: true,
        }
    }

    /// The host's clock.
    pub(super) fn clock(&self, now: Millis) -> Millis {
        self.offset + now * self.rate / 1_000
    }

    /// Converts a span of the host's clock to virtual time.
    pub(super) fn world_time(&self, span: Millis) -> Millis {
        span * 1_000 / self.rate
    }

    fn group_lives(&self) -> Option<AttemptKey> {
        match self.last {
            Some((key, RecordedState::Begun { command })) if self.running.contains_key(&command) => Some(key),
            _ => None,
        }
    }

    /// Takes the lock for an attempt that would begin.
    pub(super) fn take(&mut self, supervisor: u64, key: AttemptKey) -> Taken {
        // The lock alone is not enough: a killed supervisor frees it while its command goes on.
        if self.holder.is_some() || self.checks_group && self.group_lives().is_some() {
            return Taken::Busy;
        }
        let record = self.records.get(&key.incarnation).copied().unwrap_or_default();
        if key.attempt.number() < record.least {
            return Taken::Superseded;
        }
        // A launch that was sent twice finds its own record.
        if key.attempt == record.attempt && record.written != RecordedState::Ready {
            return Taken::Again;
        }
        self.holder = Some(supervisor);
        self.last = Some((key, RecordedState::Ready));
        Taken::Held
    }

    /// Whether this supervisor still holds the lock.
    pub(super) fn is_held_by(&self, supervisor: u64) -> bool {
        self.holder == Some(supervisor)
    }

    pub(super) fn release(&mut self, supervisor: u64) {
        self.holder.take_if(|holder| *holder == supervisor);
    }

    /// Writes that an attempt begins or has ended.
    pub(super) fn write(&mut self, key: AttemptKey, written: RecordedState) {
        self.last = Some((key, written));
        let record = self.records.entry(key.incarnation).or_default();
        record.attempt = key.attempt;
        record.written = written;
        record.least = record.least.max(key.attempt.number());
    }

    /// Looks up an attempt. From then on it cannot begin, unless it runs, waits for `go`, or the host is busy.
    pub(super) fn look(&mut self, key: AttemptKey) -> HostAnswer {
        let held = self.holder.is_some();
        match self.last {
            Some((last, RecordedState::Ready)) if held && last == key => return HostAnswer::Waits,
            Some((last, _)) if held && last == key => return HostAnswer::Running,
            _ => {}
        }
        match self.group_lives() {
            Some(lives) if !held && lives == key => return HostAnswer::Running,
            // The command of another attempt runs there without a supervisor: nothing can be said
            // of this one yet.
            Some(_) if !held => return HostAnswer::Busy,
            _ => {}
        }
        let record = self.records.get(&key.incarnation).copied().unwrap_or_default();
        let found = if record.attempt < key.attempt {
            if held {
                return HostAnswer::Busy;
            }
            HostAnswer::NeverBegan
        } else if record.attempt > key.attempt {
            return HostAnswer::Other;
        } else {
            match record.written {
                RecordedState::Ended { status } => HostAnswer::Ended { status },
                RecordedState::Begun { .. } => HostAnswer::Gone,
                RecordedState::Ready => HostAnswer::NeverBegan,
            }
        };
        let record = self.records.entry(key.incarnation).or_default();
        // After an answer that it is over, a launch that is still on its way must not begin.
        record.least = record.least.max(key.attempt.number() + 1);
        found
    }
}
