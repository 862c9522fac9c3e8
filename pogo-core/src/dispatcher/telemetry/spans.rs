//! The spans of jobs, and of their hosts.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use tracing::{Span, field, info_span};

use crate::fleet::HostName;
use crate::scheduler::JobId;

/// Spans that are open, as they come and go with events.
#[derive(Debug, Default)]
pub(super) struct Spans {
    jobs: BTreeMap<JobId, JobSpans>,
}

#[derive(Debug)]
struct JobSpans {
    span: Span,
    hosts: BTreeMap<HostName, Span>,
}

impl Spans {
    /// Opens the span of a job, unless nobody listens.
    pub(super) fn open(&mut self, job: JobId) -> Option<&mut Span> {
        Some(&mut self.job(job)?.span)
    }

    fn job(&mut self, job: JobId) -> Option<&mut JobSpans> {
        match self.jobs.entry(job) {
            Entry::Occupied(known) => Some(known.into_mut()),
            Entry::Vacant(new) => {
                let span = info_span!(target: "pogo", "job", pogo.job = %job, outcome = field::Empty);
                let hosts = BTreeMap::new();
                // Where nobody listens nothing is kept: a map of ten thousand hosts would be filled
                // for no reader.
                (!span.is_disabled()).then(|| new.insert(JobSpans { span, hosts }))
            }
        }
    }

    /// The span of a job; one that is disabled, if it has none.
    pub(super) fn of_job(&self, job: JobId) -> Span {
        self.jobs.get(&job).map_or_else(Span::none, |spans| spans.span.clone())
    }

    /// Opens the span of a host in a job, if it is not open. It stays open over all attempts.
    pub(super) fn open_host(&mut self, job: JobId, host: &HostName) {
        let Some(JobSpans { span, hosts }) = self.job(job) else {
            return;
        };
        if !hosts.contains_key(host) {
            let span =
                info_span!(target: "pogo", parent: &*span, "host", pogo.job = %job, %host, outcome = field::Empty);
            hosts.insert(host.clone(), span);
        }
    }

    /// The span of a host in a job; one that is disabled, if it has none.
    pub(super) fn of_host(&self, job: JobId, host: &HostName) -> Span {
        let hosts = self.jobs.get(&job).map(|spans| &spans.hosts);
        hosts
            .and_then(|hosts| hosts.get(host))
            .cloned()
            .unwrap_or_else(Span::none)
    }

    /// Records how a host stands; `over` closes its span.
    pub(super) fn end_host(&mut self, (job, host): (JobId, &HostName), outcome: &'static str, over: bool) {
        let Some(spans) = self.jobs.get_mut(&job) else { return };
        if let Some(span) = spans.hosts.get(host) {
            span.record("outcome", outcome);
        }
        if over {
            spans.hosts.remove(host);
        }
    }

    /// Records how a job ended, and closes its span and those of its hosts.
    pub(super) fn end_job(&mut self, job: JobId, outcome: &'static str) {
        if let Some(spans) = self.jobs.remove(&job) {
            spans.span.record("outcome", outcome);
        }
    }
}
