//! How fast a job goes, and what that comes to.

use pogo_core::Timestamp;
use pogo_core::fleet::HostName;
use pogo_core::scheduler::{AttemptId, Tally, TaskState};
use serde::Serialize;

use super::job::JobCourse;

/// How fast a job goes. Durations are in milliseconds.
#[derive(Debug, Default, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub(super) struct Outlook {
    /// When it ends at this speed, from now.
    #[serde(skip_serializing_if = "Option::is_none")]
    left: Option<u64>,
    /// How long a host takes; the median of the latest that succeeded.
    #[serde(skip_serializing_if = "Option::is_none")]
    typical: Option<u64>,
    /// The attempt that has run the longest.
    #[serde(skip_serializing_if = "Option::is_none")]
    slowest: Option<Slowest>,
}

#[derive(Debug, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
struct Slowest {
    host: HostName,
    attempt: AttemptId,
    started: Timestamp,
}

impl Outlook {
    pub(super) fn of(course: &JobCourse, tally: Tally, now: Timestamp) -> Self {
        let mut lasted: Vec<u64> = course.ends.iter().map(|(_, lasted)| *lasted).collect();
        // The median and not the mean: one host that hangs for an hour would make all others look
        // slow.
        lasted.sort_unstable();
        Self {
            left: left(course, tally, now),
            typical: lasted.get(lasted.len() / 2).copied(),
            slowest: slowest(course),
        }
    }
}

/// What is left, at the pace of the latest ends. Fewer than five say nothing.
fn left(course: &JobCourse, tally: Tally, now: Timestamp) -> Option<u64> {
    let (first, _) = course.ends.front()?;
    let ends = u64::try_from(course.ends.len()).ok().filter(|ends| *ends >= 5)?;
    let elapsed = now.as_millis().saturating_sub(first.as_millis());
    let remaining = u64::from(tally.waiting) + u64::from(tally.running);
    (remaining > 0).then(|| elapsed.saturating_mul(remaining) / ends)
}

fn slowest(course: &JobCourse) -> Option<Slowest> {
    let running = course.names.iter().zip(&course.hosts);
    let running = running.filter(|(_, host)| host.state == TaskState::Running);
    let (host, attempt) = running
        .filter_map(|(name, host)| Some((name, host.attempts.last()?)))
        .min_by_key(|(_, attempt)| attempt.began)?;
    Some(Slowest {
        host: host.clone(),
        attempt: attempt.id,
        started: attempt.began,
    })
}
