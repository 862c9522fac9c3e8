//! Parses durations and numbers of the command line.

use std::time::Duration;

/// A number of times or hosts.
pub(crate) fn whole_number(text: &str) -> Result<u32, String> {
    text.parse().map_err(|_| "write a whole number, such as 3".to_owned())
}

/// A time such as `1h30m`; a bare number is seconds, as for `ssh` and its kin.
pub(crate) fn duration(text: &str) -> Result<Duration, String> {
    let text = text.trim();
    let cure = "write seconds (30), or 500ms, 5m, 1h30m";
    if !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()) {
        let seconds = text
            .parse()
            .map_err(|_| format!("more seconds than there are; {cure}"))?;
        return Ok(Duration::from_secs(seconds));
    }
    humantime::parse_duration(text).map_err(|error| format!("{error}; {cure}"))
}
