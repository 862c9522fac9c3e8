//! The attempts of a critical path, from the end of a job back to its start.

use std::collections::BTreeMap;

use indexmap::IndexMap;

use crate::Timestamp;
use crate::fleet::HostName;
use crate::scheduler::{AttemptId, Event, JobEventKind, JobId, Record};
use crate::sim::indexed::Indexed;

/// One attempt on the path.
#[derive(Debug, Clone, Copy)]
pub(super) struct Step<'a> {
    pub(super) host: &'a HostName,
    pub(super) began: Timestamp,
    pub(super) ended: Timestamp,
    pub(super) after: End,
}

/// What had to be over before an attempt could begin.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum End {
    /// Nothing but the submission.
    Submission,
    /// The attempt that ends with this record.
    Of(usize),
    /// An earlier attempt of the same host.
    OwnFailure,
    /// The wave before.
    Wave,
    /// None of these, as after a resume or a restart.
    Unknown,
}

#[derive(Debug, Clone, Copy)]
struct Span<'a> {
    host: &'a HostName,
    /// Record of the start.
    start: usize,
    /// Record of the end, and the end of attempts that still run is not known.
    end: Option<usize>,
}

/// What of a log matters to the path of one job.
#[derive(Debug)]
pub(super) struct Log<'a> {
    records: &'a [Record],
    submitted: usize,
    spans: Indexed<AttemptId, Span<'a>>,
    /// The attempt that a record ends.
    ends: BTreeMap<usize, AttemptId>,
    /// Attempts of each host of the job, in order.
    of_host: Indexed<&'a HostName, Vec<AttemptId>>,
}

impl<'a> Log<'a> {
    pub(super) fn read(records: &'a [Record], wanted: JobId) -> Option<Self> {
        let is_it = |record: &Record| record.event.submitted() == Some(wanted);
        let mut log = Self {
            records,
            submitted: records.iter().position(is_it)?,
            spans: IndexMap::default(),
            ends: BTreeMap::new(),
            of_host: IndexMap::default(),
        };
        for (record, at) in records.iter().zip(0..) {
            let Event::Task(event) = &record.event else {
                continue;
            };
            let host = &event.host;
            if let Some(attempt) = event.started().filter(|_| event.job == wanted) {
                let span = Span {
                    host,
                    start: at,
                    end: None,
                };
                log.spans.insert(attempt, span);
                log.of_host.entry(host).or_default().push(attempt);
            } else if let Some(attempt) = event.ended()
                && let Some(span) = log.spans.get_mut(&attempt)
            {
                span.end = Some(at);
                log.ends.insert(at, attempt);
            }
        }
        Some(log)
    }

    pub(super) fn submitted(&self) -> Timestamp {
        self.at(self.submitted)
    }

    pub(super) fn host_of_end(&self, record: usize) -> Option<&'a HostName> {
        Some(self.spans.get(self.ends.get(&record)?)?.host)
    }

    /// The path, last to first.
    pub(super) fn steps(&self) -> Vec<Step<'a>> {
        let mut steps = Vec::new();
        let mut next = self.ends.last_key_value().map(|(_, attempt)| *attempt);
        while let Some(attempt) = next {
            let Some(span) = self.spans.get(&attempt) else { break };
            let (after, before) = self.before(attempt, span);
            steps.push(Step {
                host: span.host,
                began: self.at(span.start),
                ended: span.end.map_or(self.at(span.start), |end| self.at(end)),
                after,
            });
            // Always earlier in the log, so this comes to an end.
            next = before;
        }
        steps
    }

    /// What an attempt began after, and the attempt that was.
    fn before(&self, attempt: AttemptId, span: &Span<'a>) -> (End, Option<AttemptId>) {
        let now = self.at(span.start);
        let last_end = self.ends.range(..span.start).next_back();
        // Whatever starts in the same moment after an end starts because of it.
        if let Some((&record, &before)) = last_end.filter(|(record, _)| self.at(**record) == now) {
            return (End::Of(record), Some(before));
        }
        let own = self.of_host.get(span.host);
        let earlier = own.and_then(|own| own.iter().take_while(|own| **own != attempt).last());
        if let Some(&earlier) = earlier {
            return (End::OwnFailure, Some(earlier));
        }
        if now == self.submitted() {
            return (End::Submission, None);
        }
        let same_moment = self.records.get(..span.start).unwrap_or_default().iter().rev();
        let wave = same_moment
            .take_while(|record| record.at == now)
            .any(|record| matches!(record.event.job_kind(), Some(JobEventKind::WaveOpened { .. })));
        match last_end {
            Some((_, &before)) if wave => (End::Wave, Some(before)),
            _ => (End::Unknown, last_end.map(|(_, &before)| before)),
        }
    }

    fn at(&self, record: usize) -> Timestamp {
        self.records.get(record).map_or(Timestamp::EPOCH, |record| record.at)
    }
}
