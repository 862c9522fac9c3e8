//! The hosts of a band, for the page's script, which can open it.

use std::fmt::Write;

use super::data::TimelineData;
use super::host::HostTimeline;
use super::state::HostState;
use crate::markup::{Element, shorten};

/// Separates reasons; host names contain none of the characters that separate hosts.
const DIVIDER: char = '\u{b6}';

/// Adds the attributes from which the page's script builds rows: for each host its name, its states with their times in
/// milliseconds, and its remarks; shared reasons are listed once.
pub(super) fn attributes<'a>(band: Element<'a>, data: &TimelineData, hosts: &[usize]) -> Element<'a> {
    let (mut text, mut reasons): (String, Vec<String>) = (String::new(), vec![]);
    for &at in hosts {
        let Some((name, host)) = data.hosts.get_index(at) else {
            continue;
        };
        let divider = if text.is_empty() { "" } else { " " };
        let _ = write!(text, "{divider}{name}|{}", course(data, host));
        if let Some(why) = data.waits.why(at) {
            let why = clean(why);
            // Linear, but there are few: distinct reasons are capped for the whole picture.
            let known = reasons.iter().position(|known| *known == why);
            let reason = known.unwrap_or(reasons.len());
            if known.is_none() {
                reasons.push(why);
            }
            let _ = write!(text, "|w{reason}");
        } else if let Some(why) = last_failure(host) {
            reasons.push(clean(&shorten(&why, 200)));
            let _ = write!(text, "|f{}", reasons.len() - 1);
        }
    }
    let band = band.attr("tabindex", 0).attr("data-hosts", text);
    match reasons.is_empty() {
        true => band,
        false => band.attr("data-why", reasons.join(&DIVIDER.to_string())),
    }
}

/// `0,connect,1200,command,5000,ok`.
fn course(data: &TimelineData, host: &HostTimeline) -> String {
    let steps = host
        .states
        .iter()
        .filter(|(at, state)| *at <= data.until && *state != HostState::Waiting);
    let steps =
        steps.map(|&(at, state)| format!("{},{}", (at.max(data.began) - data.began).as_millis(), state.class()));
    steps.collect::<Vec<_>>().join(",")
}

fn last_failure(host: &HostTimeline) -> Option<String> {
    let (_, ending) = host.attempts.last()?.ended.as_ref()?;
    (!ending.why.is_empty()).then(|| format!("{}: {}", ending.state.word(), ending.why))
}

fn clean(text: &str) -> String {
    text.replace(DIVIDER, " ")
}
