//! The usage of each limit over time.

use std::time::Duration;

use pogo_core::Timestamp;
use pogo_core::policy::Rule;

/// The usage of one limit, or of all hosts, over time.
#[derive(Debug, Clone)]
pub(super) struct Series {
    pub(super) group: String,
    /// `None` if it is not a limit of the policy.
    pub(super) rule: Option<Rule>,
    /// Hosts of the group in the fleet, or in the job.
    pub(super) hosts: u32,
    /// Whether the group has hosts of the job.
    pub(super) in_job: bool,
    /// In order of time, at most one per time.
    pub(super) points: Vec<Point>,
}

/// The usage from a time on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Point {
    pub(super) at: Timestamp,
    pub(super) used: Usage,
}

/// The usage of a limit.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Usage {
    /// Running hosts.
    pub(super) running: u32,
    /// Hosts that hold a slot without running: failed, in doubt, marked down, held.
    pub(super) held: u32,
    /// The limit; `None` without one.
    pub(super) slots: Option<u32>,
}

impl Usage {
    pub(super) fn taken(self) -> u32 {
        self.running + self.held
    }

    pub(super) fn is_full(self) -> bool {
        self.slots.is_some_and(|slots| self.taken() >= slots)
    }
}

impl Series {
    pub(super) fn new(group: String, rule: Option<Rule>, hosts: u32) -> Self {
        Self {
            group,
            rule,
            hosts,
            in_job: false,
            points: vec![],
        }
    }

    pub(super) fn now(&self) -> Usage {
        self.points.last().map(|point| point.used).unwrap_or_default()
    }

    pub(super) fn note(&mut self, at: Timestamp, used: Usage) {
        match self.points.last_mut() {
            // Most events change no limit of a group, and each point costs bytes in the picture.
            Some(last) if last.used == used => {}
            Some(last) if last.at == at => last.used = used,
            _ => self.points.push(Point { at, used }),
        }
    }

    /// The points from `began` to `until`, the first one at `began`.
    pub(super) fn between(&self, began: Timestamp, until: Timestamp) -> Vec<Point> {
        let before = self.points.iter().take_while(|point| point.at <= began).last();
        let first = before.map(|point| Point {
            at: began,
            used: point.used,
        });
        let later = self.points.iter().filter(|point| point.at > began && point.at <= until);
        first.into_iter().chain(later.copied()).collect()
    }

    /// How long all slots were used.
    pub(super) fn full_for(&self, began: Timestamp, until: Timestamp) -> Duration {
        let points = self.between(began, until);
        let ends = points.iter().skip(1).map(|point| point.at).chain([until]);
        let full = points.iter().zip(ends).filter(|(point, _)| point.used.is_full());
        full.map(|(point, end)| end - point.at).sum()
    }

    /// The highest usage, and the highest limit.
    pub(super) fn most(&self, began: Timestamp, until: Timestamp) -> (u32, u32) {
        let points = self.between(began, until);
        let taken = points.iter().map(|point| point.used.taken()).max();
        let slots = points.iter().filter_map(|point| point.used.slots).max();
        (taken.unwrap_or(0), slots.unwrap_or(0))
    }
}
