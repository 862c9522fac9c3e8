//! The legend of colours and signs.

use super::sheet::{EDGE, Sheet};
use super::state::HostState;
use crate::markup::breadth;

/// Draws a line with the states in the picture.
pub(super) fn draw(sheet: &mut Sheet<'_>, folded: bool) {
    sheet.y += 22.0;
    let mut x = EDGE;
    for state in present(sheet) {
        let (word, y) = (word(state), sheet.y);
        let swatch = sheet.markup.element("rect");
        let thin = state == HostState::Connect && !folded;
        let (height, width) = if thin { (4.0, 14.0) } else { (10.0, 14.0) };
        let soft = if folded && state == HostState::Succeeded {
            " soft"
        } else {
            ""
        };
        let class = match (folded, state.holds_slots()) {
            (false, true) => format!("trail-{}", state.class()),
            _ => format!("{}{soft}", state.class()),
        };
        swatch
            .class(class)
            .at(x, y - 4.0 - height / 2.0)
            .size(width, height)
            .empty();
        x += 19.0;
        if !state.is_running() && state != HostState::Waiting {
            let sign = sheet
                .markup
                .element("use")
                .attr("href", format_args!("#pogo-{}", state.class()));
            sign.at(x, y - 9.0)
                .class(format_args!("sign s-{}", state.class()))
                .empty();
            x += 14.0;
        }
        sheet.markup.element("text").at(x, y).text(&word);
        x += breadth(&word) + 24.0;
        // Broken after a word rather than before: the next word's width is not known yet.
        if x > sheet.axis.right() - 120.0 {
            (x, sheet.y) = (EDGE, sheet.y + 18.0);
        }
    }
}

/// States that occur in the picture, in the order of an attempt's course.
fn present(sheet: &Sheet<'_>) -> Vec<HostState> {
    let mut seen = [false; HostState::ALL.len()];
    let data = sheet.data;
    let states = data.hosts.values().flat_map(|host| &host.states);
    for (_, state) in states.filter(|(at, _)| *at <= data.until) {
        if let Some(seen) = seen.get_mut(state.index()) {
            *seen = true;
        }
    }
    let order = [
        HostState::Connect,
        HostState::PreHook,
        HostState::Command,
        HostState::Running,
        HostState::PostHook,
        HostState::Settle,
        HostState::Succeeded,
        HostState::Failed,
        HostState::InDoubt,
        HostState::Down,
        HostState::Held,
        HostState::Skipped,
        HostState::Cancelled,
    ];
    order
        .into_iter()
        .filter(|state| seen.get(state.index()).is_some_and(|&seen| seen))
        .collect()
}

fn word(state: HostState) -> String {
    if state.holds_slots() {
        format!("{}, keeps its slots", state.word())
    } else {
        state.word().to_owned()
    }
}
