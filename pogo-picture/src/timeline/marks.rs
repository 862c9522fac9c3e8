//! Moments that concern a job as a whole, as lines across the rows.

use super::mark::Mark;
use super::sheet::Sheet;
use crate::markup::{Px, breadth, shorten};
use pogo_core::time::format_duration;

/// Draws the lines from `top` down to the current position, and the end of a log that may go on.
pub(super) fn draw(sheet: &mut Sheet<'_>, top: f64) {
    let data = sheet.data;
    let shown: Vec<&Mark> = data.marks.iter().filter(|mark| mark.at <= data.until).collect();
    let mut free = 0.0;
    let axis = sheet.axis;
    for marks in shown.chunk_by(|one, other| axis.column(one.at) == axis.column(other.at)) {
        free = line(sheet, marks, top, free);
    }
    if data.open {
        let right = sheet.axis.right();
        let end = format!("M{} {}V{}", Px(right), Px(top), Px(sheet.y));
        sheet.markup.element("path").class("now").attr("d", end).empty();
        let label = sheet.markup.element("text").class("dim").at(right + 5.0, top + 9.0);
        label.text("so far");
    }
}

/// Draws one line for simultaneous marks, labelled if there is room from `free` on; returns where room begins after it.
fn line(sheet: &mut Sheet<'_>, marks: &[&Mark], top: f64, free: f64) -> f64 {
    let Some(first) = marks.first() else { return free };
    let x = sheet.axis.x(first.at);
    let join = |of: fn(&Mark) -> &str| marks.iter().map(|mark| of(mark)).collect::<Vec<_>>().join(", ");
    let (text, label) = (join(|mark| &mark.text), shorten(&join(|mark| &mark.label), 32));
    let into = format_duration(first.at - sheet.data.began);
    sheet.markup.element("g").class("mark").begin();
    let tooltip = format!("{} \u{b7} at {into}", shorten(&text, 400));
    sheet.markup.title(&tooltip);
    let line = format!("M{} {}V{}", Px(x), Px(top), Px(sheet.y));
    sheet.markup.element("path").class("line").attr("d", line).empty();
    let width = breadth(&label) * 0.82 + 8.0;
    let (after, before) = (x + width <= sheet.axis.right() && x >= free, x - width >= free);
    // Labels that would run into each other are left to the tooltip.
    if after || before {
        let (class, text_x) = if after {
            ("small dim", x + 3.0)
        } else {
            ("small dim right", x - 3.0)
        };
        let text = sheet.markup.element("text").class(class);
        text.at(text_x, top + 9.0).text(&label);
    }
    sheet.markup.end();
    match (after, before) {
        (true, _) => x + width,
        (false, true) => x,
        (false, false) => free,
    }
}
