//! The bars of a job for a window: a row for each host, or bands of many, so that the answer is as large as what can be
//! seen of it.

use std::sync::Arc;

use pogo_core::Timestamp;
use pogo_core::fleet::{HostName, fold};
use pogo_core::scheduler::{AttemptId, JobId, TaskState};
use serde::Serialize;

use super::attempts::{AttemptCourse, HostCourse};
use super::bands::{Axis, BandStep, round_sizes, steps, total};
use super::charts::{LimitChart, charts};
use super::job::JobCourse;
use super::known::Known;
use super::window::Window;

/// The most hosts with rows of their own before they are folded.
const MOST_HOSTS: usize = 200;
/// The most bands.
const MOST_BANDS: usize = 100;
/// The most failed and doubtful hosts of a section that stand above its bands: more would push the bands out of sight,
/// and are in the lists of hosts.
const MOST_PINNED: usize = 6;
/// The most characters of a band's name.
const NAME: usize = 60;

/// The timeline of a job in a window.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub(crate) struct Bars {
    version: u32,
    job: JobId,
    /// When the job was submitted, and the last that happened.
    began: Timestamp,
    last: Timestamp,
    /// Whether more may come.
    open: bool,
    /// The window, and its columns, which steps of bands refer to.
    from: Timestamp,
    to: Timestamp,
    columns: u32,
    hosts: usize,
    sections: Vec<SectionRows>,
    /// All hosts in one row.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    total: Vec<BandStep>,
    /// How full the limits were that count its hosts.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    limits: Vec<LimitChart>,
}

#[derive(Debug, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
struct SectionRows {
    label: String,
    /// Whether it is no group, but all hosts of the job.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    all: bool,
    hosts: usize,
    /// The position of its first host.
    at: usize,
    rows: Vec<Row>,
}

#[derive(Debug, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(untagged)]
enum Row {
    Band {
        /// Positions of its hosts: from, and behind the last.
        at: usize,
        end: usize,
        band: String,
        steps: Vec<BandStep>,
    },
    Host(HostRow),
}

#[derive(Debug, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
struct HostRow {
    at: usize,
    host: HostName,
    state: TaskState,
    #[serde(skip_serializing_if = "Option::is_none")]
    why: Option<Arc<str>>,
    /// Beside the band that has it too.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pinned: bool,
    bars: Vec<Bar>,
}

/// An attempt; times are in milliseconds since the job began.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
struct Bar {
    id: AttemptId,
    from: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    to: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    end: Option<&'static str>,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    slow: bool,
    /// Phases and when they began.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    phases: Vec<(u64, String)>,
}

impl Bars {
    pub(super) const VERSION: u32 = 1;

    /// `None` for a job that is not known, or not any more.
    pub(crate) fn of(known: &Known, job: JobId, window: &Window) -> Option<Self> {
        let course = known.jobs.get(&job)?;
        let open = course.retired.is_none() && known.scheduler.job(job).is_some_and(is_open);
        let last = if open {
            known.scheduler.now().max(course.last)
        } else {
            course.last
        };
        let from = window.from.unwrap_or(course.submitted).max(course.submitted);
        let to = window
            .to
            .unwrap_or(last)
            .max(Timestamp::from_millis(from.as_millis() + 1));
        let axis = Axis {
            from,
            to,
            columns: window.px,
        };
        let is_whole = window.host.is_none() && window.rows.is_none();
        let view = RowView { course, axis };
        let sections = match (&window.host, window.rows) {
            (Some(host), _) => view.listed(|_, name| name == host),
            (None, Some(rows)) => view.listed(|at, _| (rows.begin..rows.end).contains(&at)),
            (None, None) => view.all(),
        };
        Some(Self {
            version: Self::VERSION,
            job,
            began: course.submitted,
            last,
            open,
            from,
            to,
            columns: window.px,
            hosts: course.names.len(),
            sections,
            total: match is_whole {
                true => total(axis, course.hosts.iter()),
                false => vec![],
            },
            limits: match is_whole {
                true => charts(known, course, axis),
                false => vec![],
            },
        })
    }
}

pub(super) fn is_open(job: pogo_core::scheduler::JobView<'_>) -> bool {
    use pogo_core::scheduler::JobStatus::{Finished, Halted};
    !matches!(job.status(), Finished | Halted)
}

struct RowView<'a> {
    course: &'a JobCourse,
    axis: Axis,
}

impl RowView<'_> {
    fn all(&self) -> Vec<SectionRows> {
        let order = self.course.order();
        let hosts = self.course.names.len();
        let bands = |size: usize| order.iter().map(|hosts| hosts.len().div_ceil(size)).sum::<usize>();
        let size = match hosts <= MOST_HOSTS {
            true => 1,
            false => round_sizes()
                .find(|&size| size >= hosts || bands(size) <= MOST_BANDS)
                .unwrap_or(hosts),
        };
        self.sections(&order, |section, first| {
            let mut rows = vec![];
            if size > 1 {
                let bad = section.iter().zip(first..);
                let bad = bad.filter(|(host, _)| self.course.host(**host).is_some_and(|(_, host)| host.is_bad()));
                rows.extend(
                    bad.take(MOST_PINNED)
                        .filter_map(|(&host, at)| self.host(host, at, true)),
                );
            }
            for (hosts, at) in section.chunks(size).zip((first..).step_by(size)) {
                match hosts {
                    [host] => rows.extend(self.host(*host, at, false)),
                    hosts => rows.push(self.band(hosts, at)),
                }
            }
            rows
        })
    }

    /// Rows of single hosts.
    fn listed(&self, is_listed: impl Fn(usize, &HostName) -> bool) -> Vec<SectionRows> {
        let order = self.course.order();
        let named = |host: u32, at| self.course.host(host).is_some_and(|(name, _)| is_listed(at, name));
        let sections = self.sections(&order, |section, first| {
            let listed = section.iter().zip(first..).filter(|(host, at)| named(**host, *at));
            listed.filter_map(|(&host, at)| self.host(host, at, false)).collect()
        });
        sections
            .into_iter()
            .filter(|section| !section.rows.is_empty())
            .collect()
    }

    fn sections(&self, order: &[Vec<u32>], mut rows: impl FnMut(&[u32], usize) -> Vec<Row>) -> Vec<SectionRows> {
        let mut first = 0;
        let sections = self.course.sections.iter().zip(order).map(|(section, hosts)| {
            let at = first;
            first += hosts.len();
            SectionRows {
                label: section.label.clone(),
                all: section.is_all,
                hosts: hosts.len(),
                at,
                rows: rows(hosts, at),
            }
        });
        sections.collect()
    }

    fn band(&self, hosts: &[u32], at: usize) -> Row {
        let of = || hosts.iter().filter_map(|&host| self.course.host(host));
        Row::Band {
            at,
            end: at + hosts.len(),
            band: cut(&fold(of().map(|(name, _)| name.as_str())).to_string(), NAME),
            steps: steps(self.axis, of().map(|(_, host)| host)),
        }
    }

    fn host(&self, host: u32, at: usize, pinned: bool) -> Option<Row> {
        let (name, host) = self.course.host(host)?;
        let seen = |attempt: &&AttemptCourse| {
            attempt.began <= self.axis.to && attempt.ended.is_none_or(|(at, _)| at >= self.axis.from)
        };
        let bars = host.attempts.iter().filter(seen).map(|attempt| self.bar(attempt));
        Some(Row::Host(HostRow {
            at,
            host: name.clone(),
            state: host.state,
            why: why(host),
            pinned,
            bars: bars.collect(),
        }))
    }

    fn bar(&self, attempt: &AttemptCourse) -> Bar {
        let since = |at: Timestamp| at.as_millis().saturating_sub(self.course.submitted.as_millis());
        Bar {
            id: attempt.id,
            from: since(attempt.began),
            to: attempt.ended.map(|(at, _)| since(at)),
            end: attempt.ended.map(|(_, end)| end.word()),
            slow: attempt.is_slow,
            phases: attempt
                .phases
                .iter()
                .map(|(at, phase)| (since(*at), phase.to_string()))
                .collect(),
        }
    }
}

fn why(host: &HostCourse) -> Option<Arc<str>> {
    let why = host.why.as_ref().filter(|_| host.state != TaskState::Succeeded)?;
    Some(cut(why, 300).into())
}

/// A text of at most so many characters.
pub(super) fn cut(text: &str, most: usize) -> String {
    if text.chars().count() <= most {
        return text.to_owned();
    }
    let head: String = text.chars().take(most.saturating_sub(1)).collect();
    format!("{head}\u{2026}")
}
