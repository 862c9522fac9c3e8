//! Bands: many hosts in one row, as the number of hosts in each state over time.

use std::collections::BTreeMap;

use super::axis::Axis;
use super::data::TimelineData;
use super::opened;
use super::sheet::{Sheet, SvgTarget};
use super::state::HostState;
use crate::markup::Px;
use pogo_core::fleet::fold;
use pogo_core::time::format_duration;

/// Reasons to wait that a band's tooltip lists.
const REASONS: usize = 3;
const STATES: usize = HostState::ALL.len();
/// The least height of failed hosts, so that one among thousands can be seen.
const VISIBLE: f64 = 1.6;

/// The number of hosts in each state, from a pixel column on.
struct BandStep {
    column: u32,
    counts: [u32; STATES],
}

/// Draws a band: the height of a colour is the share of hosts in its state.
pub(super) fn draw(sheet: &mut Sheet<'_>, block: &str, hosts: &[usize], height: f64) {
    let lane = height - 2.0;
    let (left, width, top) = (sheet.axis.left(), sheet.axis.width(), sheet.y);
    let names = sheet
        .markup
        .element("text")
        .class("small right dim")
        .at(left - 8.0, top + lane - 2.5);
    names.text(cut(&folded(sheet.data, hosts), 36));
    let steps = steps(sheet.data, &sheet.axis, hosts);
    let band = sheet.markup.element("g").class("bar band");
    match sheet.target {
        // A file has no script that could open its bands, and the names of ten thousand hosts are
        // most of its size.
        SvgTarget::File => band.begin(),
        SvgTarget::Page => opened::attributes(band, sheet.data, hosts).begin(),
    }
    sheet.markup.title(&tooltip(sheet.data, block, hosts));
    sheet
        .markup
        .element("rect")
        .class("lane")
        .at(left, top)
        .size(width, lane)
        .empty();
    layers(sheet, &steps, hosts.len(), lane);
    sheet.markup.end();
    signs(sheet, hosts, lane);
}

/// The stack from its top down, each colour over the one before: only upper edges have to be drawn.
fn layers(sheet: &mut Sheet<'_>, steps: &[BandStep], hosts: usize, lane: f64) {
    let shown = |state: &HostState| {
        let some = |step: &BandStep| step.counts.get(state.index()).is_some_and(|&count| count > 0);
        *state != HostState::Waiting && steps.iter().any(some)
    };
    for state in HostState::ALL.into_iter().rev().filter(shown) {
        let shape = outline(sheet, steps, state, hosts, lane);
        let mut soft = "";
        if state == HostState::Succeeded {
            // Translucent colours must not show those below.
            sheet.markup.element("path").class("paper").attr("d", &shape).empty();
            soft = " soft";
        }
        let path = sheet.markup.element("path");
        path.class(format_args!("{}{soft}", state.class()))
            .attr("d", shape)
            .empty();
    }
}

/// Everything up to a state, from the bottom, as a path of steps.
fn outline(sheet: &Sheet<'_>, steps: &[BandStep], state: HostState, hosts: usize, lane: f64) -> String {
    let (left, bottom) = (sheet.axis.left(), sheet.y + lane);
    let mut path = String::new();
    let mut height_before = 0.0;
    for step in steps {
        let height = stacked(&step.counts, state, hosts, lane);
        // Most columns change nothing in most states: this keeps the picture of ten thousand hosts
        // below its limit of size.
        if height == height_before {
            continue;
        }
        let x = Px(left + f64::from(step.column));
        if path.is_empty() {
            path = format!("M{x} {}", Px(bottom));
        } else {
            path.push_str(&format!("H{x}"));
        }
        path.push_str(&format!("V{}", Px(bottom - height)));
        height_before = height;
    }
    if height_before > 0.0 {
        path.push_str(&format!("H{}V{}", Px(sheet.axis.right()), Px(bottom)));
    }
    path
}

/// The height of the stack up to this state, to a tenth of a pixel.
fn stacked(counts: &[u32; STATES], state: HostState, hosts: usize, lane: f64) -> f64 {
    let share = lane / super::sheet::count(hosts.max(1));
    let mut height = 0.0_f64;
    for (of, &count) in HostState::ALL.iter().zip(counts).take(state.index() + 1) {
        let own = f64::from(count) * share;
        height += if count > 0 && of.holds_slots() {
            // The others keep their exact share; the sum may then exceed the lane, and is cut
            // below.
            own.max(VISIBLE)
        } else {
            own
        };
    }
    (height.min(lane) * 10.0).round() / 10.0
}

/// The states of a band's hosts, one step for each pixel column in which something changes.
fn steps(data: &TimelineData, axis: &Axis, hosts: &[usize]) -> Vec<BandStep> {
    let mut changes: Vec<(u32, HostState, HostState)> = vec![];
    for (_, host) in hosts.iter().filter_map(|&host| data.hosts.get_index(host)) {
        let mut before = HostState::Waiting;
        for &(at, state) in host.states.iter().filter(|(at, _)| *at <= data.until) {
            changes.push((axis.column(at), before, state));
            before = state;
        }
    }
    // A stable sort: changes of one host in one column stay in their order, or the counts of two
    // states would go wrong.
    changes.sort_by_key(|&(column, ..)| column);
    let mut counts = [0_u32; STATES];
    if let Some(waiting) = counts.get_mut(HostState::Waiting.index()) {
        *waiting = u32::try_from(hosts.len()).unwrap_or(u32::MAX);
    }
    let mut steps: Vec<BandStep> = vec![];
    for (column, from, to) in changes {
        if let Some(count) = counts.get_mut(from.index()) {
            *count = count.saturating_sub(1);
        }
        if let Some(count) = counts.get_mut(to.index()) {
            *count += 1;
        }
        match steps.last_mut() {
            Some(last) if last.column == column => last.counts = counts,
            _ => steps.push(BandStep { column, counts }),
        }
    }
    steps
}

/// Signs where hosts failed, became doubtful or went down, unless they would overlap.
fn signs(sheet: &mut Sheet<'_>, hosts: &[usize], lane: f64) {
    let data = sheet.data;
    let mut bad: Vec<(u32, HostState)> = vec![];
    for (_, host) in hosts.iter().filter_map(|&host| data.hosts.get_index(host)) {
        let held = host
            .states
            .iter()
            .filter(|(at, state)| state.holds_slots() && *at <= data.until);
        bad.extend(held.map(|&(at, state)| (sheet.axis.column(at), state)));
    }
    bad.sort_unstable();
    let mut free = 0;
    for (column, state) in bad {
        if column < free {
            continue;
        }
        // As wide as a sign: below it the colour still shows where the others are.
        free = column + 12;
        let (x, y) = (
            sheet.axis.left() + f64::from(column) + 1.0,
            sheet.y + (lane - 8.0) / 2.0,
        );
        let transform = format!("translate({} {}) scale(.8)", Px(x), Px(y));
        sheet.sign(state, &transform);
    }
}

fn folded(data: &TimelineData, hosts: &[usize]) -> String {
    let names = hosts.iter().filter_map(|&host| data.hosts.get_index(host));
    fold(names.map(|(name, _)| name.as_str())).to_string()
}

/// The tooltip of a band, in parts.
fn tooltip(data: &TimelineData, block: &str, hosts: &[usize]) -> String {
    let of = || {
        hosts
            .iter()
            .filter_map(|&host| data.hosts.get_index(host).map(|(_, host)| host))
    };
    let first = of()
        .filter_map(|host| host.attempts.first())
        .map(|attempt| attempt.began)
        .min();
    let ends = of()
        .flat_map(|host| &host.attempts)
        .filter_map(|attempt| attempt.ended.as_ref());
    let last = ends.map(|(at, _)| *at).max();
    let mut parts = vec![
        block.to_owned(),
        format!("{} hosts: {}", hosts.len(), cut(&folded(data, hosts), 200)),
    ];
    if let (Some(first), Some(last)) = (first, last) {
        let (first, last) = (first - data.began, last.max(first) - data.began);
        parts.push(format!("from {} to {}", format_duration(first), format_duration(last)));
    }
    for state in HostState::ALL {
        let names: Vec<&str> = of()
            .filter(|host| host.now() == state)
            .map(|host| host.name.as_str())
            .collect();
        match (names.len(), state.holds_slots()) {
            (0, _) => {}
            (count, false) => parts.push(format!("{count} {}", state.word())),
            (count, true) => parts.push(format!(
                "{count} {}: {}",
                state.word(),
                cut(&fold(names).to_string(), 120)
            )),
        }
    }
    for (why, count) in reasons(data, hosts) {
        parts.push(format!("{count} wait: {}", cut(&why.replace(" \u{b7} ", "; "), 400)));
    }
    parts.join(" \u{b7} ")
}

/// Reasons why hosts of a band wait, with the number of hosts, most frequent first.
fn reasons<'a>(data: &'a TimelineData, hosts: &[usize]) -> Vec<(&'a str, usize)> {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for why in hosts.iter().filter_map(|&host| data.waits.why(host)) {
        *counts.entry(why).or_default() += 1;
    }
    let mut counts: Vec<(&str, usize)> = counts.into_iter().collect();
    counts.sort_by_key(|&(_, count)| std::cmp::Reverse(count));
    counts.truncate(REASONS);
    counts
}

/// Truncates a text to `most` characters.
fn cut(text: &str, most: usize) -> String {
    if text.chars().count() <= most {
        return text.to_owned();
    }
    let head: String = text.chars().take(most.saturating_sub(1)).collect();
    format!("{head}\u{2026}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counts(of: &[(HostState, u32)]) -> [u32; STATES] {
        let mut counts = [0; STATES];
        of.iter().for_each(|&(state, count)| counts[state.index()] = count);
        counts
    }

    #[test]
    fn a_height_is_a_share_of_the_hosts() {
        let counts = counts(&[
            (HostState::Succeeded, 50),
            (HostState::Running, 25),
            (HostState::Waiting, 25),
        ]);
        assert_eq!(stacked(&counts, HostState::Succeeded, 100, 12.0), 6.0);
        assert_eq!(stacked(&counts, HostState::Running, 100, 12.0), 9.0);
        assert_eq!(stacked(&counts, HostState::Waiting, 100, 12.0), 12.0);
    }

    #[test]
    fn one_failure_in_a_thousand_is_as_high_as_can_be_seen() {
        let counts = counts(&[(HostState::Failed, 1), (HostState::Succeeded, 999)]);
        assert_eq!(stacked(&counts, HostState::Failed, 1_000, 12.0), VISIBLE);
        assert_eq!(stacked(&counts, HostState::Succeeded, 1_000, 12.0), 12.0);
    }
}
