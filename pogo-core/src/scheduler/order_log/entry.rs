//! One order of a log.

use std::fmt;
use std::sync::Arc;

use serde::Serialize;

use crate::Timestamp;
use crate::fleet::{Escaped, HostName, fold};

use crate::scheduler::{Actor, Event, HostEvent, JobId, OrderKind};

/// An order as the records of a log show it. Displays as `web[1-2] of job-1 skipped by alice@laptop: out of service`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct OrderEntry {
    /// When it was carried out.
    pub at: Timestamp,
    /// What was ordered.
    pub order: OrderKind,
    /// The job that it was given to, or that was submitted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub job: Option<JobId>,
    /// The job that was made to retry hosts of one that has retired.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub retried_as: Option<JobId>,
    /// The hosts that it was given for, in the order of their records; none for orders that concern a job as a whole.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub hosts: Vec<HostName>,
    /// The selector of a freeze.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub selector: Option<String>,
    /// Whether holds of others were ended.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub force: bool,
    /// Who ordered it, if that is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub actor: Option<Arc<Actor>>,
    /// Why, if that was said.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<Arc<str>>,
    /// What followed, in the order of the records. Only where it is known who gave the order: that is how records refer
    /// to it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub followed: Vec<FollowedEvent>,
}

/// What followed from an order later than its own records. Displays as `web[1-2] failed`, or as `job-1 finished`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct FollowedEvent {
    /// What happened, such as `failed` or `finished`.
    pub what: &'static str,
    /// The job that it happened to, if it happened to no host.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub job: Option<JobId>,
    /// The hosts that it happened to.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub hosts: Vec<HostName>,
}

impl fmt::Display for FollowedEvent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.job {
            Some(job) => write!(f, "{job} {}", self.what),
            None => write!(f, "{} {}", fold(&self.hosts), self.what),
        }
    }
}

impl OrderEntry {
    pub(super) fn new(at: Timestamp, order: OrderKind) -> Self {
        Self {
            at,
            order,
            job: None,
            retried_as: None,
            hosts: vec![],
            selector: None,
            force: false,
            actor: None,
            reason: None,
            followed: vec![],
        }
    }

    /// Whether it is known who gave it, or why.
    pub fn is_attributed(&self) -> bool {
        self.actor.is_some() || self.reason.is_some()
    }

    /// Whether another entry is of the same order.
    pub(super) fn goes_on_with(&self, next: &Self) -> bool {
        let same = (self.at, self.order, self.job, &self.actor) == (next.at, next.order, next.job, &next.actor);
        // Not each record of an order has its reason: where one lacks it, nothing speaks against
        // it.
        same && (next.reason.is_none() || self.reason.is_none() || self.reason == next.reason)
    }

    /// Whether this event, which is by whoever gave the order, may have followed from it.
    pub(super) fn may_lead_to(&self, at: Timestamp, event: &Event) -> bool {
        // Of hosts only a hold comes about later, when its turn has come.
        if let Event::Host(HostEvent { host, .. }) = event {
            return self.order == OrderKind::Hold && self.hosts.contains(host);
        }
        let of_job = self.job.is_none() || [self.job, self.retried_as].contains(&event.job());
        // What does not follow at once is the end of attempts and jobs that were stopped.
        of_job && (self.at == at || matches!(self.order, OrderKind::Halt | OrderKind::Abort))
    }

    pub(super) fn merge(&mut self, more: Self) {
        self.hosts.extend(more.hosts);
        self.force |= more.force;
        self.selector = self.selector.take().or(more.selector);
        self.retried_as = self.retried_as.or(more.retried_as);
        self.reason = self.reason.take().or(more.reason);
    }

    pub(super) fn lead_to(&mut self, what: &'static str, event: &Event) {
        let (job, host) = (event.job(), event.host());
        match self.followed.last_mut() {
            Some(last) if host.is_some() && last.what == what => last.hosts.extend(host.cloned()),
            _ => self.followed.push(FollowedEvent {
                what,
                job: job.filter(|_| host.is_none()),
                hosts: host.cloned().into_iter().collect(),
            }),
        }
    }
}

impl fmt::Display for OrderEntry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (&self.selector, self.hosts.is_empty(), self.job) {
            (Some(selector), ..) => write!(f, "{}", Escaped(selector))?,
            (None, false, Some(job)) => write!(f, "{} of {job}", fold(&self.hosts))?,
            (None, false, None) => write!(f, "{}", fold(&self.hosts))?,
            (None, true, Some(job)) => write!(f, "{job}")?,
            (None, true, None) if self.order == OrderKind::Restore => f.write_str("namespace")?,
            (None, true, None) => f.write_str("fleet and policy")?,
        }
        write!(f, " {}", self.order.participle())?;
        if let Some(job) = self.retried_as {
            write!(f, " as {job}")?;
        }
        if self.force {
            f.write_str(" by force")?;
        }
        if let Some(actor) = &self.actor {
            write!(f, " by {actor}")?;
        }
        match &self.reason {
            Some(reason) => write!(f, ": {}", Escaped(reason)),
            None => Ok(()),
        }
    }
}
