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
    // Five ends are four hosts after each other: what came before the first is not known.
    (remaining > 0).then(|| elapsed.saturating_mul(remaining) / (ends - 1))
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

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: u64) -> Timestamp {
        Timestamp::from_millis(1_000 * seconds)
    }

    /// A job of which a host has succeeded at each of these moments, after so many seconds.
    fn course(ends: &[(u64, u64)]) -> JobCourse {
        let mut course = JobCourse::submitted(at(0), &[]);
        course.ends = ends.iter().map(|&(end, lasted)| (at(end), 1_000 * lasted)).collect();
        course
    }

    fn tally(waiting: u32, running: u32) -> Tally {
        let mut tally = Tally::default();
        (tally.waiting, tally.running) = (waiting, running);
        tally
    }

    #[test]
    fn what_is_left_goes_on_at_the_pace_of_the_latest_ends() {
        let even = course(&[(10, 3), (12, 3), (14, 3), (16, 3), (18, 3)]);
        assert_eq!(left(&even, tally(10, 0), at(18)), Some(20_000));
        assert_eq!(left(&even, tally(8, 2), at(18)), Some(20_000));
        // Nothing has ended for a while: it goes slower than it did.
        assert_eq!(left(&even, tally(10, 0), at(26)), Some(40_000));
        assert_eq!(left(&even, tally(0, 0), at(18)), None);
        let few = course(&[(10, 3), (12, 3), (14, 3), (16, 3)]);
        assert_eq!(left(&few, tally(10, 0), at(18)), None);
    }

    #[test]
    fn one_host_that_hung_does_not_change_what_is_typical() {
        let hung = course(&[(10, 3), (12, 4), (14, 3_600), (16, 3), (18, 4)]);
        assert_eq!(Outlook::of(&hung, tally(1, 0), at(18)).typical, Some(4_000));
    }
}
