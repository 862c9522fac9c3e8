//! Single settings: durations, numbers, texts.

use std::time::Duration;

use crate::source::Problems;
use crate::tree::{Node, expect::expected};

pub(super) fn duration(problems: &mut Problems<'_>, node: &Node<'_>, key: &str) -> Option<Duration> {
    let what = "a duration with its unit";
    let example = format!("{key}: 90s");
    let Some(text) = node.scalar() else {
        expected(problems, node, what, &example);
        return None;
    };
    let bare_number = text.bytes().all(|byte| byte.is_ascii_digit());
    // 0 is the same in all units.
    if bare_number && !text.trim_start_matches('0').is_empty() {
        let message = format!("`{text}` has no unit");
        problems.report_with(
            node.span,
            message,
            format!("write `{text}s` for seconds, `{text}m` for minutes"),
        );
        return None;
    }
    let duration = humantime::parse_duration(text).ok();
    if duration.is_none() {
        expected(problems, node, what, &example);
    }
    duration
}

pub(super) fn count(problems: &mut Problems<'_>, node: &Node<'_>, key: &str) -> Option<u32> {
    let count = node
        .scalar()
        .filter(|text| text.bytes().all(|byte| byte.is_ascii_digit()));
    let count = count.and_then(|text| text.parse().ok());
    if count.is_none() {
        expected(problems, node, "a whole number", &format!("{key}: 2"));
    }
    count
}

pub(super) fn integer(problems: &mut Problems<'_>, node: &Node<'_>, key: &str) -> Option<i32> {
    let number = node.scalar().and_then(|text| text.parse().ok());
    if number.is_none() {
        expected(problems, node, "a whole number", &format!("{key}: -1"));
    }
    number
}

pub(super) fn text(problems: &mut Problems<'_>, node: &Node<'_>, key: &str, example: &str) -> Option<String> {
    let text = node.scalar().map(|text| text.clone().into_owned());
    if text.is_none() {
        expected(problems, node, "a text", &format!("{key}: {example}"));
    }
    text
}

pub(super) fn port(problems: &mut Problems<'_>, node: &Node<'_>) -> Option<u16> {
    let port = node
        .scalar()
        .and_then(|text| text.parse().ok())
        .filter(|port| *port > 0);
    if port.is_none() {
        expected(problems, node, "a port from 1 to 65535", "port: 2222");
    }
    port
}
