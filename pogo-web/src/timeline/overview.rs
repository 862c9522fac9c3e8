//! A job at a glance: what somebody who is woken at night wants to know first.

use std::sync::Arc;

use pogo_core::Timestamp;
use pogo_core::scheduler::{JobDetails, JobId, JobStatus, Query, Tally, View};
use pogo_core::stream::StreamId;
use serde::Serialize;

use super::causes::{Cause, causes};
use super::job::{JobCourse, Remark};
use super::known::Known;
use super::outlook::Outlook;
use super::reasons::{Reason, reasons};
use super::spans::Span;
use super::takeover::{Takeover, TakeoverNotice};

/// The most events of an answer.
const MOST_EVENTS: usize = 100;

/// A job at a glance.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub(crate) struct Overview {
    version: u32,
    as_of: StreamId,
    /// The time of the last event: nothing else is asked for the time.
    at: Timestamp,
    job: Box<JobDetails>,
    /// Why it was submitted, if that was said and is still known.
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<Arc<str>>,
    /// Whether it has left the scheduler.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    retired: bool,
    blockers: Vec<Reason>,
    causes: Vec<Cause>,
    outlook: Outlook,
    sections: Vec<SectionTally>,
    /// Its limits of which hosts take slots that are marked down or held.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    kept_out: Vec<KeptOut>,
    /// What happened to the job, and to the namespace meanwhile, beside what its hosts did; the latest last.
    events: Vec<Remark>,
    /// Its waves, and when it was paused, blocked, waiting or halted; the latest last.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    spans: Vec<Span>,
    /// The last takeover by another dispatcher while it ran.
    #[serde(skip_serializing_if = "Option::is_none")]
    takeover: Option<TakeoverNotice>,
}

#[derive(Debug, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
struct SectionTally {
    label: String,
    hosts: usize,
    tally: Tally,
    /// The numbers of the limits that count its hosts.
    limits: Vec<u32>,
}

/// How many hosts that are marked down or held take slots of a limit.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
struct KeptOut {
    /// The limit's number.
    limit: u32,
    hosts: u32,
}

impl Overview {
    /// `None` for a job that is not known, or not any more.
    pub(crate) fn of(known: &Known, job: JobId) -> Option<Self> {
        let course = known.jobs.get(&job)?;
        // A job of the past is known without its scheduler.
        let now = known.scheduler.now().max(course.last);
        let live = match known.scheduler.view(now, &Query::Job { job }) {
            Ok(View::Job(details)) => Some(details),
            _ => None,
        };
        let retired = live.is_none();
        let mut details = live.or_else(|| course.retired.clone())?;
        let blockers = reasons(job, &details.blockers);
        // They are there as sentences, and may name every host.
        details.blockers.clear();
        let runs = !retired && details.summary.status == JobStatus::Running;
        let outlook = match runs {
            true => Outlook::of(course, details.summary.tally, now),
            false => Outlook::default(),
        };
        let finished = details.summary.finished;
        Some(Self {
            version: 1,
            as_of: known.at,
            at: now,
            job: details,
            reason: known.orders.reason_of_job(job, course.submitted),
            retired,
            blockers,
            causes: causes(course),
            outlook,
            sections: sections(course),
            kept_out: kept_out(known, course),
            events: events(known, course, finished),
            spans: course.spans.all().to_vec(),
            takeover: course.takeover.as_ref().map(Takeover::notice),
        })
    }
}

fn kept_out(known: &Known, course: &JobCourse) -> Vec<KeptOut> {
    let limits = course.limits.iter().filter_map(|&number| {
        let (limit, hosts) = (known.limits.limit(number)?, known.limits.course(number)?.kept_out);
        Some(KeptOut { limit, hosts })
    });
    limits.filter(|kept_out| kept_out.hosts > 0).collect()
}

fn sections(course: &JobCourse) -> Vec<SectionTally> {
    let sections = course.sections.iter().map(|section| {
        let mut tally = Tally::default();
        for host in section.hosts.iter().filter_map(|&host| course.hosts.get(host as usize)) {
            *tally.count_mut(host.state) += 1;
        }
        SectionTally {
            label: section.label.clone(),
            hosts: section.hosts.len(),
            tally,
            limits: section.limits.clone(),
        }
    });
    sections.collect()
}

fn events(known: &Known, course: &JobCourse, finished: Option<Timestamp>) -> Vec<Remark> {
    let last = finished.unwrap_or(Timestamp::from_millis(u64::MAX));
    let of_namespace = known
        .events
        .iter()
        .filter(|event| (course.submitted..=last).contains(&event.at));
    let mut events: Vec<Remark> = course.events.iter().chain(of_namespace).cloned().collect();
    events.sort_by_key(|event| event.at);
    // After sorting: of those of the job and of the namespace the latest of both together are
    // wanted.
    let surplus = events.len().saturating_sub(MOST_EVENTS);
    events.drain(..surplus);
    events
}
