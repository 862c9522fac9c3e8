//! The time axis: positions, ticks, and formats of durations.

use std::time::Duration;

use pogo_core::Timestamp;

/// Maps times to positions.
#[derive(Debug, Clone, Copy)]
pub(super) struct Axis {
    began: Timestamp,
    /// Milliseconds; never 0.
    span: u64,
    left: f64,
    width: f64,
}

impl Axis {
    /// Maps the time from `began` to `until` to `width` pixels from `left` on.
    pub(super) fn new(began: Timestamp, until: Timestamp, left: f64, width: f64) -> Self {
        let span = millis(until - began).max(1);
        Self {
            began,
            span,
            left,
            width,
        }
    }

    pub(super) fn left(&self) -> f64 {
        self.left
    }

    pub(super) fn right(&self) -> f64 {
        self.left + self.width
    }

    pub(super) fn width(&self) -> f64 {
        self.width
    }

    /// Milliseconds from end to end.
    pub(super) fn span(&self) -> u64 {
        self.span
    }

    /// The position of a time; times outside are moved to the nearer end.
    #[allow(
        clippy::cast_precision_loss,
        reason = "a pixel is far coarser than 53 bits of milliseconds"
    )]
    pub(super) fn x(&self, at: Timestamp) -> f64 {
        let into = millis(at - self.began).min(self.span);
        self.left + self.width * (into as f64 / self.span as f64)
    }

    /// The pixel column of a time.
    #[allow(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "never negative, and at most the width"
    )]
    pub(super) fn column(&self, at: Timestamp) -> u32 {
        (self.x(at) - self.left) as u32
    }

    /// Ticks at round times, at least `apart` pixels from each other: position and label.
    #[allow(clippy::cast_precision_loss, reason = "as above")]
    pub(super) fn ticks(&self, apart: f64) -> Vec<(Timestamp, String)> {
        const SECOND: u64 = 1_000;
        const MINUTE: u64 = 60 * SECOND;
        const HOUR: u64 = 60 * MINUTE;
        const DAY: u64 = 24 * HOUR;
        // Steps that people count in: a factor of ten throughout gives ticks such as 1m 40s.
        let below = [1, 2, 5, 10, 20, 50, 100, 200, 500].into_iter();
        let seconds = [1, 2, 5, 10, 15, 30].map(|n| n * SECOND).into_iter();
        let minutes = [1, 2, 5, 10, 15, 30].map(|n| n * MINUTE).into_iter();
        let hours = [1, 2, 3, 6, 12].map(|n| n * HOUR).into_iter();
        let days = (0..).map_while(|power| 2_u64.checked_pow(power)?.checked_mul(DAY));
        let mut steps = below.chain(seconds).chain(minutes).chain(hours).chain(days);
        let fits = |step: &u64| self.width * (*step as f64 / self.span as f64) >= apart;
        let step = steps.find(fits).unwrap_or(self.span);
        let ticks = (0..=self.span / step).map(|n| n * step);
        ticks
            .map(|into| (self.began + Duration::from_millis(into), tick(into, step)))
            .collect()
    }
}

fn millis(span: Duration) -> u64 {
    u64::try_from(span.as_millis()).unwrap_or(u64::MAX)
}

/// The label of a tick, with the precision of the step.
fn tick(into: u64, step: u64) -> String {
    let (seconds, rest) = (into / 1_000, into % 1_000);
    // Beyond a minute fractions of a second are noise in a label.
    if step < 1_000 && into < 60_000 {
        let digits = if step.is_multiple_of(100) {
            1
        } else if step.is_multiple_of(10) {
            2
        } else {
            3
        };
        let rest = rest / 10_u64.pow(3 - digits);
        return format!("{seconds}.{rest:0digits$}s", digits = digits as usize);
    }
    let (days, hours, minutes) = (seconds / 86_400, seconds / 3_600 % 24, seconds / 60 % 60);
    match (days, seconds / 3_600, seconds / 60) {
        (0, 0, 0) => format!("{seconds}s"),
        (0, 0, _) if seconds % 60 == 0 => format!("{minutes}m"),
        (0, 0, _) => format!("{minutes}m {:02}s", seconds % 60),
        (0, _, _) if minutes == 0 => format!("{hours}h"),
        (0, _, _) => format!("{hours}h {minutes:02}m"),
        _ if hours == 0 => format!("{days}d"),
        _ => format!("{days}d {hours:02}h"),
    }
}

/// A moment as a date in UTC: `2026-11-23 16:32:18`. `None` within a year of the epoch, where times are not a clock's.
pub(super) fn date(at: Timestamp) -> Option<String> {
    let seconds = at.as_millis() / 1_000;
    let (days, time) = (seconds / 86_400, seconds % 86_400);
    // The bound keeps the arithmetic from overflowing.
    if !(365..=4_000_000).contains(&days) {
        return None;
    }
    let (year, month, day) = civil(days);
    let (hour, minute, second) = (time / 3_600, time / 60 % 60, time % 60);
    Some(format!(
        "{year:04}-{month:02}-{day:02} {hour:02}:{minute:02}:{second:02} UTC"
    ))
}

/// Year, month and day of a number of days since 1970-01-01, by Howard Hinnant's `civil_from_days`.
fn civil(days: u64) -> (u64, u64, u64) {
    let days = days + 719_468;
    let (era, of_era) = (days / 146_097, days % 146_097);
    let year_of_era = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted = (5 * of_year + 2) / 153;
    let day = of_year - (153 * shifted + 2) / 5 + 1;
    let month = if shifted < 10 { shifted + 3 } else { shifted - 9 };
    (year_of_era + era * 400 + u64::from(month <= 2), month, day)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels(millis: u64) -> Vec<String> {
        let axis = Axis::new(Timestamp::EPOCH, Timestamp::from_millis(millis), 0.0, 1000.0);
        axis.ticks(100.0).into_iter().map(|(_, label)| label).collect()
    }

    #[test]
    fn ticks_are_round_and_few() {
        assert_eq!(
            labels(4_800),
            [
                "0.0s", "0.5s", "1.0s", "1.5s", "2.0s", "2.5s", "3.0s", "3.5s", "4.0s", "4.5s"
            ]
        );
        assert_eq!(
            labels(600_000),
            ["0s", "1m", "2m", "3m", "4m", "5m", "6m", "7m", "8m", "9m", "10m"]
        );
        assert_eq!(labels(9 * 86_400_000).last().unwrap(), "9d");
        for millis in [0, 1, 7, 999, 61_000, 3_600_000, 10_u64.pow(12), u64::MAX] {
            assert!(
                (1..=11).contains(&labels(millis).len()),
                "{millis}: {:?}",
                labels(millis)
            );
        }
    }

    #[test]
    fn moments_outside_lie_on_the_ends() {
        let axis = Axis::new(Timestamp::from_millis(10), Timestamp::from_millis(20), 100.0, 50.0);
        let x = |millis| axis.x(Timestamp::from_millis(millis));
        assert_eq!([x(0), x(10), x(15), x(20), x(99)], [100.0, 100.0, 125.0, 150.0, 150.0]);
    }

    #[test]
    fn dates_are_those_of_the_calendar() {
        let date = |seconds: u64| date(Timestamp::from_millis(seconds * 1_000));
        assert_eq!(date(1_709_210_096).unwrap(), "2024-02-29 12:34:56 UTC");
        assert_eq!(date(4_102_444_799).unwrap(), "2099-12-31 23:59:59 UTC");
        assert_eq!(date(60), None);
        assert_eq!(super::date(Timestamp::NEVER), None);
    }
}
