//! One job: its hosts with their attempts, and what was ordered.

use std::collections::{BTreeSet, HashMap, VecDeque};
use std::sync::Arc;

use pogo_core::Timestamp;
use pogo_core::fleet::HostName;
use pogo_core::scheduler::{
    Actor, JobDetails, JobEventKind, JobId, JobView, Scheduler, TaskEvent, TaskEventKind, TaskState,
};

use super::attempts::{AttemptEnd, HostCourse};
use super::limits::LimitCourses;
use super::sections::{Section, sections};
use super::spans::Spans;
use super::takeover::Takeover;

/// The most events that are kept of a job, beside those of its hosts.
const EVENTS: usize = 200;

/// What is kept of a job.
#[derive(Debug)]
pub(super) struct JobCourse {
    /// Its hosts, in listed order.
    pub(super) names: Vec<HostName>,
    pub(super) hosts: Vec<HostCourse>,
    // Names are looked up for each record of the job: a search through its hosts would make a
    // replay quadratic.
    index: HashMap<HostName, u32>,
    pub(super) sections: Vec<Section>,
    /// The courses of the limits that count its hosts.
    pub(super) limits: BTreeSet<usize>,
    pub(super) submitted: Timestamp,
    /// The time of the last record that concerns it.
    pub(super) last: Timestamp,
    pub(super) events: VecDeque<Remark>,
    pub(super) spans: Spans,
    pub(super) takeover: Option<Takeover>,
    /// Ends of attempts that succeeded, the latest last: when, and after how long.
    pub(super) ends: VecDeque<(Timestamp, u64)>,
    /// What the scheduler knew of it when it left.
    pub(super) retired: Option<Box<JobDetails>>,
}

/// Something that happened to a job, in words.
#[derive(Debug, Clone, serde::Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub(super) struct Remark {
    pub(super) at: Timestamp,
    /// Who ordered it, where somebody did.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) by: Option<Arc<Actor>>,
    pub(super) text: Arc<str>,
}

impl JobCourse {
    /// The most ends from which speed is judged.
    const ENDS: usize = 512;

    /// A job as the scheduler has it: one that was just submitted, or one of a snapshot.
    pub(super) fn of(scheduler: &Scheduler, job: JobView<'_>, limits: &LimitCourses) -> Self {
        let results: Vec<_> = job.results().collect();
        let names: Vec<HostName> = results.iter().map(|result| result.host.clone()).collect();
        let index = names.iter().cloned().zip(0..).collect();
        let hosts: Vec<HostCourse> = results.iter().map(HostCourse::restored).collect();
        let sections = sections(scheduler, job, &names);
        let last = hosts.iter().filter_map(HostCourse::last_end).max();
        let mut successes: Vec<_> = hosts.iter().filter_map(HostCourse::success).collect();
        successes.sort_unstable_by_key(|(_, ended)| *ended);
        let mut course = Self {
            limits: courses_of(&sections, limits),
            sections,
            names,
            hosts,
            index,
            submitted: job.submitted(),
            last: last.unwrap_or(job.submitted()),
            events: VecDeque::new(),
            spans: Spans::default(),
            takeover: None,
            ends: VecDeque::new(),
            retired: None,
        };
        for (began, ended) in successes {
            course.note_success(began, ended);
        }
        course
    }

    /// A job of which no more is known than that it was submitted: in which groups its hosts were is not.
    pub(super) fn submitted(at: Timestamp, hosts: &[HostName]) -> Self {
        let all = (0..).take(hosts.len()).collect();
        Self {
            names: hosts.to_vec(),
            hosts: vec![HostCourse::new(); hosts.len()],
            index: hosts.iter().cloned().zip(0..).collect(),
            sections: vec![Section::all(all)],
            limits: BTreeSet::new(),
            submitted: at,
            last: at,
            events: VecDeque::new(),
            spans: Spans::default(),
            takeover: None,
            ends: VecDeque::new(),
            retired: None,
        }
    }

    /// Takes an event of the job as a whole.
    pub(super) fn turn(&mut self, at: Timestamp, event: &JobEventKind) {
        self.spans.take(at, self.submitted, event);
    }

    /// Another dispatcher has taken over.
    pub(super) fn taken_over(&mut self, at: Timestamp, owner: impl Into<String>) {
        self.takeover = Some(Takeover::new(at, owner.into(), &self.hosts));
    }

    pub(super) fn note(&mut self, remark: Remark) {
        self.last = self.last.max(remark.at);
        if self.events.len() == EVENTS {
            self.events.pop_front();
        }
        self.events.push_back(remark);
    }

    pub(super) fn task(&mut self, at: Timestamp, event: &TaskEvent) {
        self.last = self.last.max(at);
        let number = self.index.get(&event.host).copied().unwrap_or(u32::MAX);
        let Some(host) = self.hosts.get_mut(number as usize) else {
            return;
        };
        let is_answer = event.ended().is_some() && !matches!(event.kind, TaskEventKind::InDoubt { .. });
        if let Some(takeover) = self.takeover.as_mut().filter(|_| is_answer) {
            takeover.answered(number);
        }
        let mut end = |attempt, end, why: Option<String>| host.end(at, attempt, end, why.map(Into::into));
        match &event.kind {
            TaskEventKind::Started {
                attempt,
                asks_permission,
            } => host.start(at, *attempt, !asks_permission),
            TaskEventKind::Permitted { attempt, .. } => {
                if let Some(attempt) = host.attempt(*attempt) {
                    attempt.may_have_begun = true;
                }
            }
            TaskEventKind::PhaseEntered { attempt, phase, .. } => {
                if let Some(attempt) = host.attempt(*attempt) {
                    attempt.phases.push((at, *phase));
                }
            }
            TaskEventKind::Slow { attempt, .. } => {
                if let Some(attempt) = host.attempt(*attempt) {
                    attempt.is_slow = true;
                }
            }
            TaskEventKind::Succeeded { attempt, .. } => {
                end(*attempt, AttemptEnd::Succeeded, None);
                let began = host.attempt(*attempt).map_or(at, |attempt| attempt.began);
                self.note_success(began, at);
            }
            TaskEventKind::Failed { attempt, failure, .. } => {
                end(*attempt, AttemptEnd::Failed, Some(failure.to_string()));
            }
            TaskEventKind::InDoubt { attempt, message, .. } => {
                end(*attempt, AttemptEnd::InDoubt, Some(format!("in doubt: {message}")));
            }
            TaskEventKind::NeverBegan {
                attempt,
                reason,
                message,
                ..
            } => {
                let why = match message.as_str() {
                    "" => reason.to_string(),
                    message => format!("{reason}: {message}"),
                };
                end(*attempt, AttemptEnd::NeverBegan, Some(why));
            }
            TaskEventKind::Retried { .. } => host.state = TaskState::Waiting,
            TaskEventKind::Skipped => host.state = TaskState::Skipped,
            TaskEventKind::Cancelled => host.state = TaskState::Cancelled,
            _ => {}
        }
    }

    /// Notes how long one of the last attempts took that succeeded.
    fn note_success(&mut self, began: Timestamp, at: Timestamp) {
        let lasted = at.as_millis().saturating_sub(began.as_millis());
        if self.ends.len() == Self::ENDS {
            self.ends.pop_front();
        }
        self.ends.push_back((at, lasted));
    }

    /// The hosts in the order in which they are shown, by section: those that started first, then the others in listed
    /// order.
    pub(super) fn order(&self) -> Vec<Vec<u32>> {
        let started = |host: &u32| {
            let host = self.hosts.get(*host as usize);
            let first = host.and_then(HostCourse::first_start);
            first.map_or(u64::MAX, Timestamp::as_millis)
        };
        let in_order = |section: &Section| {
            let mut hosts = section.hosts.clone();
            // Equal keys stay in listed order.
            hosts.sort_by_cached_key(started);
            hosts
        };
        self.sections.iter().map(in_order).collect()
    }

    pub(super) fn host(&self, at: u32) -> Option<(&HostName, &HostCourse)> {
        Some((self.names.get(at as usize)?, self.hosts.get(at as usize)?))
    }
}

fn courses_of(sections: &[Section], limits: &LimitCourses) -> BTreeSet<usize> {
    let numbers = sections.iter().flat_map(|section| &section.limits);
    numbers.filter_map(|&limit| limits.number(limit)).collect()
}

/// A job's number, for maps that forget the oldest first.
pub(super) type ByJob<T> = std::collections::BTreeMap<JobId, T>;
