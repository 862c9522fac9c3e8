//! A host's row: a bar for each attempt.

use super::host::{AttemptTimeline, HostTimeline};
use super::sheet::Sheet;
use super::state::HostState;
use crate::markup::{Px, shorten};
use pogo_core::Timestamp;
use pogo_core::time::format_duration;

/// Draws the host's name, its attempts, and the times in which it held slots.
pub(super) fn draw(sheet: &mut Sheet<'_>, hosts: &[usize], height: f64) {
    let data = sheet.data;
    for (at, host) in hosts
        .iter()
        .filter_map(|&at| data.hosts.get_index(at).map(|(_, host)| (at, host)))
    {
        let (left, right, middle) = (sheet.axis.left(), sheet.axis.right(), sheet.y + height / 2.0);
        let class = if height < 14.0 { "small right" } else { "right" };
        let name = sheet.markup.element("text").class(class).at(left - 8.0, middle + 3.5);
        name.text(shorten(host.name.as_str(), 32));
        let rail = format!("M{} {}H{}", Px(left), Px(middle), Px(right));
        sheet.markup.element("path").class("rail").attr("d", rail).empty();
        trails(sheet, host, middle);
        waits(sheet, at, host, middle);
        let bar = (height - 5.0).min(11.0);
        for attempt in &host.attempts {
            self::attempt(sheet, host, attempt, middle, bar);
        }
        signs(sheet, host, middle, bar);
    }
}

/// Draws the times in which the host held slots without running.
fn trails(sheet: &mut Sheet<'_>, host: &HostTimeline, middle: f64) {
    let until = sheet.data.until;
    let ends = host.states.iter().skip(1).map(|&(at, _)| at).chain([until]);
    for (&(from, state), to) in host.states.iter().zip(ends) {
        if !state.holds_slots() || from >= until {
            continue;
        }
        let (x, end) = (sheet.axis.x(from), sheet.axis.x(to));
        sheet.markup.element("g").class("trail").begin();
        let kept = format!(
            "{} \u{b7} {}, keeps its slots for {}",
            host.name,
            state.word(),
            format_duration(to.min(until) - from)
        );
        sheet.markup.title(&kept);
        let trail = sheet
            .markup
            .element("rect")
            .class(format_args!("trail-{}", state.class()));
        trail.at(x, middle - 2.5).size((end - x).max(0.5), 5.0).empty();
        sheet.markup.end();
    }
}

/// Draws the wait of a host, with its reason.
fn waits(sheet: &mut Sheet<'_>, at: usize, host: &HostTimeline, middle: f64) {
    let data = sheet.data;
    let Some(why) = data.waits.why(at) else { return };
    let since = host
        .states
        .last()
        .map_or(data.began, |&(since, _)| since)
        .max(data.began);
    let (x, right) = (sheet.axis.x(since), sheet.axis.right());
    sheet.markup.element("g").class("wait").begin();
    let tooltip = format!(
        "{} \u{b7} waits since {} \u{b7} {why}",
        host.name,
        format_duration(since - data.began)
    );
    sheet.markup.title(&tooltip);
    let rect = sheet.markup.element("rect").class("lane").at(x, middle - 2.5);
    rect.size((right - x).max(0.5), 5.0).empty();
    sheet.markup.end();
}

fn attempt(sheet: &mut Sheet<'_>, host: &HostTimeline, attempt: &AttemptTimeline, middle: f64, bar: f64) {
    let until = sheet.data.until;
    let axis = sheet.axis;
    let stretches = attempt.stretches(until);
    sheet.markup.element("g").class("bar").begin();
    sheet.markup.title(&tooltip(sheet.data.began, until, host, attempt));
    for &(from, to, state) in &stretches {
        // Connecting is drawn thin: nothing runs on the host yet.
        let height = if state == HostState::Connect {
            (bar * 0.4).round()
        } else {
            bar
        };
        let (x, end) = (axis.x(from), axis.x(to));
        let rect = sheet.markup.element("rect").class(state.class());
        rect.at(x, middle - height / 2.0)
            .size((end - x).max(0.8), height)
            .empty();
    }
    let (from, to) = (
        axis.x(attempt.began),
        axis.x(attempt.ended.as_ref().map_or(until, |(at, _)| *at)),
    );
    if let Some(slow) = attempt.slow {
        let since = format!("M{} {}V{}", Px(axis.x(slow)), Px(middle - bar), Px(middle + bar));
        sheet.markup.element("path").class("slow").attr("d", since).empty();
    }
    if let Some((_, ending)) = attempt
        .ended
        .as_ref()
        .filter(|(_, end)| end.state != HostState::Waiting)
    {
        let cap = sheet.markup.element("rect").class(ending.state.class());
        let width = ((to - from) / 3.0).clamp(0.5, 2.5);
        cap.at((to - width).max(from), middle - bar / 2.0)
            .size(width, bar)
            .empty();
    }
    if attempt.number > 1 && to - from >= 14.0 && bar >= 9.0 {
        let number = sheet
            .markup
            .element("text")
            .class("on")
            .at((from + to) / 2.0, middle + 3.2);
        number.text(attempt.number);
    }
    sheet.markup.end();
}

/// Draws a sign for the end of each attempt, and for a host that was skipped, cancelled, marked down or held.
fn signs(sheet: &mut Sheet<'_>, host: &HostTimeline, middle: f64, bar: f64) {
    let until = sheet.data.until;
    let ends = host.attempts.iter().map(|attempt| match &attempt.ended {
        Some((at, ending)) => (*at, ending.state),
        None => (until, HostState::Running),
    });
    let apart = host.states.iter().filter(|(at, state)| {
        matches!(
            state,
            HostState::Skipped | HostState::Cancelled | HostState::Down | HostState::Held
        ) && *at <= until
    });
    // An attempt that never began does not change the host's state.
    let ends = ends.filter(|(_, state)| *state != HostState::Waiting);
    let mut signs: Vec<(Timestamp, HostState)> = ends.chain(apart.copied()).collect();
    signs.sort_by_key(|&(at, _)| at);
    let mut before = None;
    for (at, state) in signs {
        let size = bar.min(10.0);
        // A host that is down ends its attempts and stays down at the same moment.
        let beside = if before == Some(at) { size + 4.0 } else { 0.0 };
        let (x, y) = (sheet.axis.x(at) + 2.5 + beside, middle - size / 2.0);
        before = Some(at);
        let transform = format!("translate({} {}) scale({})", Px(x), Px(y), size / 10.0);
        sheet.sign(state, &transform);
    }
}

/// The tooltip of an attempt, in parts.
fn tooltip(began: Timestamp, until: Timestamp, host: &HostTimeline, attempt: &AttemptTimeline) -> String {
    let end = attempt.ended.as_ref().map_or(until, |(at, _)| *at);
    let outcome = match &attempt.ended {
        None => "running".to_owned(),
        Some((_, ending)) if ending.state == HostState::Failed => format!("failed: {}", shorten(&ending.why, 200)),
        Some((_, ending)) if ending.state == HostState::InDoubt => format!("in doubt: {}", shorten(&ending.why, 200)),
        Some((_, ending)) if ending.state == HostState::Waiting => {
            format!("never began: {}", shorten(&ending.why, 200))
        }
        Some((_, ending)) => ending.state.word().to_owned(),
    };
    let mut parts = vec![
        host.name.to_string(),
        format!("attempt {} ({}, {})", attempt.number, attempt.id, attempt.job),
        outcome,
        format!(
            "from {} to {}: {}",
            format_duration(attempt.began - began),
            format_duration(end - began),
            format_duration(end - attempt.began)
        ),
    ];
    if let Some(slow) = attempt.slow {
        parts.push(format!("slow since {}", format_duration(slow - began)));
    }
    if !attempt.phases.is_empty() {
        let stretches = attempt.stretches(until);
        let phases = stretches
            .iter()
            .map(|(from, to, state)| format!("{} {}", state.word(), format_duration(*to - *from)));
        parts.push(phases.collect::<Vec<_>>().join(", "));
    }
    parts.join(" \u{b7} ")
}
