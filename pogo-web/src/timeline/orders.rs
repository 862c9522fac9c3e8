//! Orders, and what else changed from outside of attempts.

use std::collections::VecDeque;
use std::sync::Arc;

use pogo_core::Timestamp;
use pogo_core::fleet::{HostName, Selector};
use pogo_core::scheduler::{Actor, Event, JobId, NamespaceEventKind, OrderKind, Record, TaskEventKind};

/// The most entries that are kept.
const MOST: usize = 10_000;
/// The most names of hosts that they have together.
const MOST_HOSTS: usize = 500_000;

/// The last orders of a namespace, or of a job.
#[derive(Debug, Default)]
pub(super) struct Orders {
    pub(super) entries: VecDeque<OrderGiven>,
    /// From when on they are complete; `None` if that is from the beginning.
    pub(super) since: Option<Timestamp>,
    names: usize,
    /// The reason of the order whose events follow, where they do not say it.
    reason: Option<(Timestamp, Option<Arc<Actor>>, Arc<str>)>,
}

/// What one order led to.
#[derive(Debug, Clone)]
pub(super) struct OrderGiven {
    pub(super) at: Timestamp,
    pub(super) by: Option<Arc<Actor>>,
    pub(super) job: Option<JobId>,
    pub(super) about: About,
    pub(super) text: String,
    pub(super) reason: Option<Arc<str>>,
}

/// What an order is about.
#[derive(Debug, Clone)]
pub(super) enum About {
    /// The job that it was given to, or the namespace.
    All,
    /// These hosts, by name.
    Hosts(Vec<HostName>),
    /// What this selector names in the fleet of its moment.
    Selected(Selector),
}

impl Orders {
    /// What came before this moment is not known any more.
    pub(super) fn forget_before(&mut self, moment: Timestamp) {
        *self = Self {
            since: Some(moment),
            ..Self::default()
        };
    }

    pub(super) fn take(&mut self, record: &Record) {
        let (at, event) = (record.at, &record.event);
        if let Some((reason, noted)) = reason_of(event) {
            self.reason = reason.map(|reason| (at, event.actor().cloned(), reason));
            if !noted {
                return;
            }
        }
        let Some((about, text)) = order_of(event) else {
            return;
        };
        let (by, job) = (event.actor().cloned(), event.job());
        let reason = self.reason.as_ref();
        let is_said = |reason: &str| event.reason() == Some(reason);
        let reason = reason.filter(|(of, actor, reason)| *of == at && *actor == by && !is_said(reason));
        let reason = reason.map(|(_, _, reason)| Arc::clone(reason));
        let given = OrderGiven {
            at,
            by,
            job,
            about,
            text,
            reason,
        };
        self.push(given);
    }

    /// Why a job was submitted at this moment.
    pub(super) fn reason_of_job(&self, job: JobId, submitted: Timestamp) -> Option<Arc<str>> {
        let of_job = |given: &&OrderGiven| given.job == Some(job) && given.at == submitted;
        self.entries.iter().find(of_job)?.reason.clone()
    }

    /// Adds it, or its hosts to those of the last one where it is the same order.
    fn push(&mut self, given: OrderGiven) {
        if let About::Hosts(hosts) = &given.about {
            self.names += hosts.len();
        }
        let last = self.entries.back_mut();
        match last.filter(|last| last.is_continued_by(&given)) {
            Some(last) => last.about.extend(given.about),
            None => self.entries.push_back(given),
        }
        // Names as well as entries: an order for ten thousand hosts is one entry, and a few hundred
        // of them would fill memory.
        while self.entries.len() > MOST || self.names > MOST_HOSTS && self.entries.len() > 1 {
            let Some(oldest) = self.entries.pop_front() else {
                return;
            };
            if let About::Hosts(hosts) = &oldest.about {
                self.names -= hosts.len();
            }
            // A millisecond later: others of the moment of the oldest may be gone with it, or still
            // be here.
            self.since = Some(Timestamp::from_millis(oldest.at.as_millis().saturating_add(1)));
        }
    }
}

impl OrderGiven {
    fn is_continued_by(&self, next: &Self) -> bool {
        matches!((&self.about, &next.about), (About::Hosts(_), About::Hosts(_)))
            && (self.at, self.job, &self.by, &self.text) == (next.at, next.job, &next.by, &next.text)
    }
}

impl About {
    fn extend(&mut self, other: Self) {
        if let (Self::Hosts(hosts), Self::Hosts(others)) = (self, other) {
            hosts.extend(others);
        }
    }
}

/// The reason that is recorded ahead of what an order led to, and whether that record is all there is of the order.
fn reason_of(event: &Event) -> Option<(Option<Arc<str>>, bool)> {
    match event {
        Event::Namespace(event) => match &event.kind {
            NamespaceEventKind::Ordered { order, reason, .. } => Some((reason.clone(), *order == OrderKind::Note)),
            _ => None,
        },
        _ => None,
    }
}

/// What an event says if somebody ordered it, or it changed what everybody works with.
fn order_of(event: &Event) -> Option<(About, String)> {
    match event {
        Event::Namespace(event) => match &event.kind {
            NamespaceEventKind::LateReported { .. } => None,
            NamespaceEventKind::Ordered {
                order: OrderKind::Note,
                reason,
                ..
            } => Some((
                About::All,
                format!("was noted: {}", reason.as_deref().unwrap_or_default()),
            )),
            NamespaceEventKind::Ordered { .. } => None,
            NamespaceEventKind::HostsFrozen { hosts, reason, .. } => selected(hosts, "was frozen", reason),
            NamespaceEventKind::HostsThawed { hosts, reason, .. } => selected(hosts, "was thawed", reason),
            kind => Some((About::All, kind.to_string())),
        },
        Event::Host(event) => Some((About::Hosts(vec![event.host.clone()]), event.kind.to_string())),
        Event::Job(event) => event.actor.is_some().then(|| (About::All, event.kind.to_string())),
        Event::Task(event) => {
            let text = match &event.kind {
                TaskEventKind::Retried { ordered: true, .. } => "was retried",
                TaskEventKind::Skipped => "was skipped",
                _ => return None,
            };
            Some((About::Hosts(vec![event.host.clone()]), text.to_owned()))
        }
        _ => None,
    }
}

fn selected(hosts: &Selector, what: &str, reason: &str) -> Option<(About, String)> {
    let text = match reason {
        "" => what.to_owned(),
        reason => format!("{what}: {reason}"),
    };
    Some((About::Selected(hosts.clone()), text))
}
