//! Numbers and times as a plan prints them.

use std::time::Duration;

/// `1 host`, `2 hosts`.
pub(super) fn count(many: u32, word: &str) -> String {
    match many {
        1 => format!("1 {word}"),
        many => format!("{many} {word}s"),
    }
}

/// `90s` as `1m 30s`, without parts that are zero.
pub(super) fn span(span: Duration) -> String {
    let millis = span.as_millis();
    // Rare, and rather a long number than a time that is not the one in force.
    if millis == 0 || !millis.is_multiple_of(1_000) {
        return format!("{}s", span.as_secs_f64());
    }
    let seconds = span.as_secs();
    let parts = [
        (seconds / 86_400, "d"),
        (seconds / 3_600 % 24, "h"),
        (seconds / 60 % 60, "m"),
        (seconds % 60, "s"),
    ];
    let parts = parts.iter().filter(|(count, _)| *count > 0);
    parts
        .map(|(count, unit)| format!("{count}{unit}"))
        .collect::<Vec<_>>()
        .join(" ")
}
