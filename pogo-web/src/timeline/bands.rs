//! Bands: many hosts in one row, as the number of hosts in each state over time.

use pogo_core::Timestamp;
use pogo_core::scheduler::TaskState;
use serde::Serialize;

use super::attempts::{AttemptEnd, HostCourse};

/// From when to when, in how many columns.
#[derive(Debug, Clone, Copy)]
pub(super) struct Axis {
    pub(super) from: Timestamp,
    pub(super) to: Timestamp,
    pub(super) columns: u32,
}

impl Axis {
    /// The column of a time; 0 before the first, and the number of columns behind the last.
    pub(super) fn column(&self, at: Timestamp) -> u32 {
        let span = self.to.as_millis().saturating_sub(self.from.as_millis()).max(1);
        let at = at.as_millis().saturating_sub(self.from.as_millis()).min(span);
        // The result is at most the number of columns.
        // In 128 bits: milliseconds since the epoch times columns fit 64, but the span is whatever
        // a request gives.
        u32::try_from(u128::from(at) * u128::from(self.columns) / u128::from(span)).unwrap_or(self.columns)
    }
}

/// How many hosts are in which state from a column on: `[column, failed, in doubt, succeeded, running, other ends]`.
/// The rest waits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub(super) struct BandStep(pub(super) [u32; 6]);

const FAILED: usize = 1;
const IN_DOUBT: usize = 2;
const SUCCEEDED: usize = 3;
const RUNNING: usize = 4;
const OTHER: usize = 5;

/// The steps of a band, one for each column in which something changes.
pub(super) fn steps<'a>(axis: Axis, hosts: impl Iterator<Item = &'a HostCourse>) -> Vec<BandStep> {
    let mut changes: Vec<(u32, Option<usize>, i64)> = vec![];
    each_change(axis, hosts, |column, state, by| changes.push((column, state, by)));
    // Steps count what changes, so that a band costs as much as its attempts, not its hosts times
    // its columns.
    changes.sort_by_key(|&(column, ..)| column);
    let mut counts = [0_i64; 6];
    let mut steps: Vec<BandStep> = vec![];
    for (column, state, by) in changes {
        if let Some(count) = state.and_then(|state| counts.get_mut(state)) {
            *count += by;
        }
        let step = step(column, counts);
        match steps.last_mut() {
            Some(last) if last.0[0] == column => *last = step,
            _ => steps.push(step),
        }
    }
    steps
}

/// As [`steps`], of so many hosts that a count for each column takes less than putting what changes in order.
pub(super) fn total<'a>(axis: Axis, hosts: impl Iterator<Item = &'a HostCourse>) -> Vec<BandStep> {
    let mut changes = vec![[0_i64; 6]; axis.columns as usize + 1];
    each_change(axis, hosts, |column, state, by| {
        let counts = changes.get_mut(column as usize);
        if let (Some(counts), Some(state)) = (counts, state)
            && let Some(count) = counts.get_mut(state)
        {
            *count += by;
        }
    });
    let mut sums = [0_i64; 6];
    let mut steps = vec![];
    for (column, changes) in (0..).zip(changes) {
        if changes != [0; 6] {
            sums.iter_mut().zip(changes).for_each(|(sum, by)| *sum += by);
            steps.push(step(column, sums));
        }
    }
    steps
}

fn step(column: u32, counts: [i64; 6]) -> BandStep {
    let mut step = counts.map(|count| u32::try_from(count).unwrap_or(0));
    step[0] = column;
    BandStep(step)
}

/// Passes on in which column how many hosts more, or fewer, are in a state.
fn each_change<'a>(
    axis: Axis,
    hosts: impl Iterator<Item = &'a HostCourse>,
    mut add: impl FnMut(u32, Option<usize>, i64),
) {
    for host in hosts {
        for (at, attempt) in host.attempts.iter().enumerate() {
            add(axis.column(attempt.began), Some(RUNNING), 1);
            let Some((ended, end)) = attempt.ended else {
                continue;
            };
            let ended = axis.column(ended);
            add(ended, Some(RUNNING), -1);
            let after = match end {
                AttemptEnd::Succeeded => SUCCEEDED,
                AttemptEnd::Failed => FAILED,
                AttemptEnd::InDoubt => IN_DOUBT,
                AttemptEnd::NeverBegan => continue,
            };
            match host.attempts.get(at + 1) {
                Some(next) => {
                    add(ended, Some(after), 1);
                    add(axis.column(next.began), Some(after), -1);
                }
                // Its state since is seen at its end: when that was is not kept.
                None => add(ended, now(host.state, after), 1),
            }
        }
        if host.attempts.is_empty() && matches!(host.state, TaskState::Skipped | TaskState::Cancelled) {
            add(0, Some(OTHER), 1);
        }
    }
}

/// Where a host counts whose last attempt has ended like this.
fn now(state: TaskState, ended: usize) -> Option<usize> {
    match state {
        TaskState::Skipped | TaskState::Cancelled => Some(OTHER),
        TaskState::Waiting | TaskState::Running => None,
        _ => Some(ended),
    }
}

/// 2, 5, 10, 20, 25, 50, 100, 200, 250, 500 and so on: the sizes that bands may have.
pub(super) fn round_sizes() -> impl Iterator<Item = usize> {
    let tens = (1..).map_while(|power| 10_usize.checked_pow(power));
    [2, 5].into_iter().chain(tens.flat_map(|ten| {
        let sizes = [1, 2, 5].map(|times| ten.checked_mul(times));
        let [one, two, five] = sizes;
        [one, two, five.map(|five| five / 2), five].into_iter().flatten()
    }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use pogo_core::scheduler::AttemptId;

    fn host(state: TaskState, attempts: &[(u64, Option<(u64, AttemptEnd)>)]) -> HostCourse {
        let mut host = HostCourse::new();
        for (&(began, ended), id) in attempts.iter().zip(1..) {
            host.start(Timestamp::from_millis(began), AttemptId::new(id), true);
            if let Some((at, end)) = ended {
                host.end(Timestamp::from_millis(at), AttemptId::new(id), end, None);
            }
        }
        host.state = state;
        host
    }

    #[test]
    fn a_band_counts_its_hosts_in_each_column() {
        let axis = Axis {
            from: Timestamp::EPOCH,
            to: Timestamp::from_millis(1_000),
            columns: 100,
        };
        let hosts = [
            host(TaskState::Succeeded, &[(0, Some((500, AttemptEnd::Succeeded)))]),
            host(
                TaskState::Running,
                &[(100, Some((200, AttemptEnd::Failed))), (400, None)],
            ),
            host(TaskState::Waiting, &[]),
        ];
        assert_eq!(total(axis, hosts.iter()), steps(axis, hosts.iter()));
        let steps: Vec<_> = steps(axis, hosts.iter()).into_iter().map(|step| step.0).collect();
        assert_eq!(
            steps,
            [
                [0, 0, 0, 0, 1, 0],
                [10, 0, 0, 0, 2, 0],
                [20, 1, 0, 0, 1, 0],
                [40, 0, 0, 0, 2, 0],
                [50, 0, 0, 1, 1, 0]
            ]
        );
    }

    #[test]
    fn bands_have_round_sizes() {
        let sizes: Vec<usize> = round_sizes().take(10).collect();
        assert_eq!(sizes, [2, 5, 10, 20, 25, 50, 100, 200, 250, 500]);
    }
}
