//! Parses moments of the command line.

use std::time::Duration;

use chrono::{DateTime, Local, NaiveDate, NaiveDateTime, NaiveTime};
use pogo_core::Timestamp;
use pogo_core::dispatcher::{Clock, SystemClock};

/// A moment: so long ago (`2h`), a time of today (`14:02`), a time of a day (`2026-11-30 14:02`, or a day alone), each
/// in local time; or one with its zone (`2026-11-30T14:02:05Z`).
pub(crate) fn moment(text: &str) -> Result<Timestamp, String> {
    let text = text.trim();
    let found = ago(text).or_else(|| at(text));
    found.ok_or_else(|| {
        "write how long ago (2h), a time of today (14:02) or of another day ('2026-11-30 14:02'), or one with its \
         zone (2026-11-30T14:02:05Z)"
            .to_owned()
    })
}

/// With a unit, since a bare number is as good a year as a time.
fn ago(text: &str) -> Option<Timestamp> {
    let ago: Duration = humantime::parse_duration(text).ok()?;
    let ago = u64::try_from(ago.as_millis()).unwrap_or(u64::MAX);
    Some(Timestamp::from_millis(
        SystemClock.now().as_millis().saturating_sub(ago),
    ))
}

fn at(text: &str) -> Option<Timestamp> {
    let with_zone = DateTime::parse_from_rfc3339(text).ok();
    let millis = match with_zone {
        Some(at) => at.timestamp_millis(),
        // In the hour that comes twice the first of them, so that nothing is left out of what begins there.
        None => local(text)?.and_local_timezone(Local).earliest()?.timestamp_millis(),
    };
    u64::try_from(millis).ok().map(Timestamp::from_millis)
}

fn local(text: &str) -> Option<NaiveDateTime> {
    let of_day = |text: &str| NaiveDate::parse_from_str(text, "%Y-%m-%d").ok();
    let of_time = |text: &str| {
        let forms = ["%H:%M:%S%.f", "%H:%M"];
        forms.iter().find_map(|form| NaiveTime::parse_from_str(text, form).ok())
    };
    if let Some((day, time)) = text.split_once([' ', 'T']) {
        return Some(of_day(day)?.and_time(of_time(time.trim_start())?));
    }
    match of_day(text) {
        Some(day) => Some(day.and_time(NaiveTime::MIN)),
        None => Some(Local::now().date_naive().and_time(of_time(text)?)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_with_its_zone_is_that_one_to_the_millisecond() {
        assert_eq!(
            moment("2026-11-30T14:02:05.25+02:00"),
            Ok(Timestamp::from_millis(1_796_040_125_250))
        );
        assert_eq!(
            moment("2026-11-30T12:02:05.250Z"),
            moment("2026-11-30T14:02:05.25+02:00")
        );
    }

    #[test]
    fn a_day_begins_at_midnight_and_a_time_alone_is_of_today() {
        assert_eq!(moment("2026-11-30"), moment("2026-11-30 00:00"));
        assert_eq!(moment("2026-11-30T00:00:00"), moment("2026-11-30 00:00"));
        let hour = Timestamp::from_millis(moment("2026-11-30 00:00").unwrap().as_millis() + 3_600_000);
        assert_eq!(moment("2026-11-30 01:00"), Ok(hour));
        // Midnight may pass between the two, and a day later the same is true.
        let today = || format!("{} 14:02", Local::now().date_naive());
        let (before, found, after) = (today(), moment("14:02"), today());
        assert!(found == moment(&before) || found == moment(&after), "{found:?}");
    }

    #[test]
    fn how_long_ago_is_counted_from_now() {
        let (before, ago, after) = (SystemClock.now(), moment("2h").unwrap(), SystemClock.now());
        let since = |now: Timestamp| now.as_millis() - 7_200_000;
        assert!((since(before)..=since(after)).contains(&ago.as_millis()));
        assert_eq!(moment("1000years"), Ok(Timestamp::EPOCH));
    }

    #[test]
    fn what_is_no_moment_is_refused() {
        for text in [
            "",
            "yesterday",
            "2026",
            "25:00",
            "2026-13-01",
            "2026-11-30 14",
            "1969-01-01",
        ] {
            assert!(moment(text).is_err(), "{text}");
        }
    }
}
