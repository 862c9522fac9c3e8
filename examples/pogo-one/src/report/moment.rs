//! Formats times for people, in local time.

use chrono::{DateTime, Local, TimeZone};
use pogo_core::Timestamp;

use super::span::span;

/// A simulation begins at the epoch, so a log of the first year after it is of one.
const REAL: Timestamp = Timestamp::from_millis(365 * 86_400_000);

/// `14:02`, with the day where it is not that of `now`; of a simulation, the time since it began.
pub(crate) fn moment(at: Timestamp, now: Timestamp) -> String {
    if now < REAL {
        return span(at - Timestamp::EPOCH);
    }
    match (local(&Local, at), local(&Local, now)) {
        (Some(at), Some(now)) => clock(&at, &now),
        _ => at.utc(),
    }
}

/// `2026-11-28 14:02:05`.
#[cfg(feature = "store")]
pub(crate) fn second(at: Timestamp) -> String {
    match local(&Local, at) {
        Some(at) => at.format("%Y-%m-%d %H:%M:%S").to_string(),
        None => at.utc(),
    }
}

fn local<Z: TimeZone>(zone: &Z, at: Timestamp) -> Option<DateTime<Z>> {
    let at = DateTime::from_timestamp_millis(i64::try_from(at.as_millis()).ok()?)?;
    Some(at.with_timezone(zone))
}

fn clock<Z: TimeZone>(at: &DateTime<Z>, now: &DateTime<Z>) -> String
where
    Z::Offset: std::fmt::Display,
{
    let same_day = at.date_naive() == now.date_naive();
    at.format(if same_day { "%H:%M" } else { "%Y-%m-%d %H:%M" }).to_string()
}

#[cfg(test)]
mod tests {
    use chrono::FixedOffset;

    use super::*;

    #[test]
    fn the_day_is_that_of_the_zone() {
        let zone = FixedOffset::east_opt(2 * 3_600).unwrap();
        let at = |seconds: u64| local(&zone, Timestamp::from_millis(seconds * 1_000)).unwrap();
        // 2026-11-28 14:02 UTC, and 22:30, which is the next day there.
        let (noon, night) = (at(1_795_874_520), at(1_795_905_000));
        assert_eq!(clock(&noon, &noon), "16:02");
        assert_eq!(clock(&noon, &night), "2026-11-28 16:02");
        assert_eq!(clock(&night, &night), "00:30");
    }

    #[test]
    fn a_simulation_has_no_time_of_day() {
        let at = Timestamp::from_millis(65_000);
        assert_eq!(moment(at, at), "1m 05s");
    }
}
