//! What touched hosts in a stretch of time: jobs and orders in one list.

use std::collections::HashSet;
use std::sync::Arc;

use pogo_api::wire::{Touch, TouchKind};
use pogo_core::Timestamp;
use pogo_core::fleet::{Fleet, HostName, fold};
use pogo_core::history::JobEntry;

use super::attempts::{AttemptCourse, AttemptEnd};
use super::job::JobCourse;
use super::known::Known;
use super::orders::{About, OrderGiven};

/// Which hosts, and when.
#[derive(Debug, Clone)]
pub(crate) struct TouchedBy {
    /// The hosts; all if `None`.
    pub(crate) hosts: Option<Arc<HashSet<HostName>>>,
    pub(crate) from: Timestamp,
    pub(crate) to: Timestamp,
    /// What selectors of freezes name.
    pub(crate) fleet: Arc<Fleet>,
}

/// A job that may have touched some of the hosts, and whether anything is known of what it did.
pub(super) enum OfJob {
    /// What it did to these hosts, maybe nothing.
    Known(Vec<Touch>),
    /// Its records say it.
    Elsewhere,
}

impl TouchedBy {
    pub(crate) fn has(&self, host: &HostName) -> bool {
        self.hosts.as_ref().is_none_or(|hosts| hosts.contains(host))
    }

    /// Whether a job may have touched some of the hosts in this time.
    pub(crate) fn may_be_of(&self, entry: &JobEntry) -> bool {
        let (submitted, progress) = (&entry.submitted, &entry.progress);
        let is_over = progress.finished.is_some() || progress.retired;
        submitted.at <= self.to
            && (!is_over || progress.changed >= self.from)
            && self
                .hosts
                .as_ref()
                .is_none_or(|hosts| hosts.iter().any(|host| submitted.has_host(host.as_str())))
    }

    /// What a job did, and what was ordered of it.
    pub(super) fn of_job(&self, known: &Known, entry: &JobEntry) -> OfJob {
        let Some(course) = known.jobs.get(&entry.job) else {
            return OfJob::Elsewhere;
        };
        // Of a job that began before everything that is known, a snapshot has the last attempts alone.
        if known.orders.since.is_some_and(|since| course.submitted < since) {
            return OfJob::Elsewhere;
        }
        OfJob::Known(self.of_course(known, course, entry))
    }

    /// As [`of_job`](Self::of_job), of whatever is known.
    pub(super) fn of_course(&self, known: &Known, course: &JobCourse, entry: &JobEntry) -> Vec<Touch> {
        let orders = known.orders.entries.iter();
        let orders = orders.filter(|order| order.job == Some(entry.job));
        let orders = orders.filter_map(|order| self.order(order));
        self.attempts(course, entry).into_iter().chain(orders).collect()
    }

    /// Orders that were given to no job.
    pub(super) fn outside_of_jobs(&self, known: &Known) -> Vec<Touch> {
        let orders = known.orders.entries.iter().filter(|order| order.job.is_none());
        orders.filter_map(|order| self.order(order)).collect()
    }

    fn order(&self, order: &OrderGiven) -> Option<Touch> {
        if !(self.from..=self.to).contains(&order.at) {
            return None;
        }
        let hosts = match &order.about {
            About::All => String::new(),
            About::Hosts(hosts) => {
                let ours: Vec<&HostName> = hosts.iter().filter(|host| self.has(host)).collect();
                if ours.is_empty() {
                    return None;
                }
                fold(ours).to_string()
            }
            About::Selected(selector) => {
                if self.hosts.is_some() {
                    // What it named then is not kept; hosts have left the fleet since that nobody asks for by tags.
                    let named = self.fleet.resolve(selector).unwrap_or_default();
                    named.iter().find(|&&host| self.has(self.fleet.name(host)))?;
                }
                selector.to_string()
            }
        };
        let mut touch = Touch::new(TouchKind::Order, order.at, order.text.clone());
        (touch.job, touch.by, touch.hosts) = (order.job, order.by.clone(), hosts);
        touch.reason = order.reason.clone();
        Some(touch)
    }

    /// The attempts of a job on these hosts that reach into this time.
    fn attempts(&self, course: &JobCourse, entry: &JobEntry) -> Option<Touch> {
        let (mut names, mut tally) = (vec![], AttemptTally::default());
        for (name, host) in course
            .names
            .iter()
            .zip(&course.hosts)
            .filter(|(name, _)| self.has(name))
        {
            let before = tally.count;
            let attempts = host.attempts.iter().filter(|attempt| self.reaches(attempt));
            attempts.for_each(|attempt| tally.add(attempt));
            if tally.count > before {
                names.push(name);
            }
        }
        let mut touch = Touch::new(TouchKind::Job, tally.first?, tally.text());
        touch.until = tally.last.filter(|_| tally.running == 0);
        (touch.job, touch.hosts) = (Some(entry.job), fold(names).to_string());
        let submitted = &entry.submitted;
        touch.by = submitted.by.clone();
        touch.command = Some(submitted.command.clone());
        touch.status = Some(entry.progress.status);
        Some(touch)
    }

    fn reaches(&self, attempt: &AttemptCourse) -> bool {
        attempt.began <= self.to && attempt.ended.is_none_or(|(ended, _)| ended >= self.from)
    }
}

/// Attempts, counted by how they ended.
#[derive(Default)]
struct AttemptTally {
    count: usize,
    running: usize,
    ends: [usize; 4],
    first: Option<Timestamp>,
    last: Option<Timestamp>,
}

const ENDS: [(AttemptEnd, &str); 4] = [
    (AttemptEnd::Succeeded, "succeeded"),
    (AttemptEnd::Failed, "failed"),
    (AttemptEnd::InDoubt, "in doubt"),
    (AttemptEnd::NeverBegan, "never began"),
];

impl AttemptTally {
    fn add(&mut self, attempt: &AttemptCourse) {
        self.count += 1;
        self.first = Some(self.first.map_or(attempt.began, |first| first.min(attempt.began)));
        match attempt.ended {
            None => self.running += 1,
            Some((at, end)) => {
                self.last = self.last.max(Some(at));
                let counts = self.ends.iter_mut().zip(ENDS);
                counts
                    .filter(|(_, (of, _))| *of == end)
                    .for_each(|(count, _)| *count += 1);
            }
        }
    }

    /// `ran: 10 succeeded, 2 failed`.
    fn text(&self) -> String {
        let ends = self.ends.iter().zip(ENDS).map(|(count, (_, word))| (*count, word));
        let all = ends.chain([(self.running, "running")]).filter(|(count, _)| *count > 0);
        let parts: Vec<String> = all.map(|(count, word)| format!("{count} {word}")).collect();
        format!("ran: {}", parts.join(", "))
    }
}
