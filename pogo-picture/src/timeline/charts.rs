//! Step charts of the slots used under each limit.

use super::sheet::{EDGE, Sheet, fitting};
use super::usage::{Point, Series, Usage};
use crate::markup::{Px, shorten};
use pogo_core::time::format_duration;

/// The most charts; those of the limits that were full for longest are drawn.
const MOST: usize = 16;
const HEIGHT: f64 = 44.0;

/// Selects a part of the usage.
type UsagePart = fn(Usage) -> u32;

/// Draws a chart of all hosts, then the limits in the order of the policy.
pub(super) fn draw(sheet: &mut Sheet<'_>) {
    let data = sheet.data;
    sheet.y += 26.0;
    let title = sheet.markup.element("text").class("bold").at(EDGE, sheet.y);
    title.text("Slots in use");
    let key = sheet.markup.element("text").class("dim").at(sheet.axis.left(), sheet.y);
    key.text(
        "solid: running \u{b7} hatched: failed, in doubt or down, and still counted \u{b7} dashed line: the limit",
    );
    sheet.y += 10.0;
    chart(sheet, &data.total);
    let counted: Vec<&Series> = data.limits.iter().filter(|limit| limit.in_job).collect();
    let mut fullest: Vec<usize> = (0..counted.len()).collect();
    let full = |at: &usize| counted.get(*at).map(|limit| limit.full_for(data.began, data.until));
    // Cached: each key sums up a whole series.
    fullest.sort_by_cached_key(|at| std::cmp::Reverse(full(at)));
    fullest.truncate(MOST);
    // Back to the policy's order, in which readers look for their limits.
    fullest.sort_unstable();
    for limit in fullest.iter().filter_map(|&at| counted.get(at)) {
        chart(sheet, limit);
    }
    let left_out = counted.len() - fullest.len();
    if left_out > 0 {
        sheet.y += 16.0;
        let text = sheet.markup.element("text").class("dim").at(EDGE, sheet.y);
        text.text(format_args!(
            "and {left_out} more limits, which held hosts back for less"
        ));
    }
}

fn chart(sheet: &mut Sheet<'_>, series: &Series) {
    let (began, until) = (sheet.data.began, sheet.data.until);
    let (top, bottom) = (sheet.y + 8.0, sheet.y + 8.0 + HEIGHT);
    let (most, slots) = series.most(began, until);
    // A limit far above the usage would flatten the steps.
    let in_sight = if slots > most.saturating_mul(6) { most } else { slots };
    let highest = f64::from(most.max(in_sight).max(1)) * 1.12;
    let height = |count: u32| (f64::from(count) / highest * HEIGHT).min(HEIGHT);
    sheet.grid(top, HEIGHT);
    let (steps, tooltip) = (steps(sheet, series), tooltip(sheet, series, most));
    sheet
        .markup
        .element("g")
        .class("chart")
        .attr("data-steps", steps)
        .begin();
    sheet.markup.title(&tooltip);
    let back = sheet.markup.element("rect").class("lane soft");
    back.at(sheet.axis.left(), top).size(sheet.axis.width(), HEIGHT).empty();
    let points = columns(sheet, series);
    areas(sheet, &points, bottom, height);
    limit(sheet, &points, bottom, in_sight, height);
    let edge = format!("M{} {}H{}", Px(sheet.axis.left()), Px(bottom), Px(sheet.axis.right()));
    sheet.markup.element("path").class("edge").attr("d", edge).empty();
    labels(sheet, series, top);
    if series.now().slots.is_none() && most > 0 {
        let label = sheet.markup.element("text").class("dim");
        label
            .at(sheet.axis.right() + 5.0, bottom - height(most) + 4.0)
            .text(most);
    }
    sheet.markup.end();
    sheet.y = bottom + 6.0;
}

/// Draws the used slots; those without a running attempt are hatched.
fn areas(sheet: &mut Sheet<'_>, points: &[(u32, Usage)], bottom: f64, height: impl Fn(u32) -> f64) {
    let held = |used: Usage| used.held;
    let layers: [(&str, UsagePart); 3] = [("used", Usage::taken), ("paper", held), ("trail-failed", held)];
    for (class, of) in layers {
        let path = area(sheet, points, bottom, |used| height(of(used)));
        if !path.is_empty() {
            sheet.markup.element("path").class(class).attr("d", path).empty();
        }
    }
}

/// The last point of each pixel column.
fn columns(sheet: &Sheet<'_>, series: &Series) -> Vec<(u32, Usage)> {
    let mut columns: Vec<(u32, Usage)> = vec![];
    for Point { at, used } in series.between(sheet.data.began, sheet.data.until) {
        let column = sheet.axis.column(at);
        match columns.last_mut() {
            Some(last) if last.0 == column => last.1 = used,
            _ => columns.push((column, used)),
        }
    }
    columns
}

fn area(sheet: &Sheet<'_>, points: &[(u32, Usage)], bottom: f64, height: impl Fn(Usage) -> f64) -> String {
    let mut path = String::new();
    let mut before = 0.0;
    for &(column, used) in points {
        let (x, height) = (Px(sheet.axis.left() + f64::from(column)), height(used));
        if height == before {
            continue;
        }
        path.push_str(&if path.is_empty() {
            format!("M{x} {}", Px(bottom))
        } else {
            format!("H{x}")
        });
        path.push_str(&format!("V{}", Px(bottom - height)));
        before = height;
    }
    if before > 0.0 {
        path.push_str(&format!("H{}V{}", Px(sheet.axis.right()), Px(bottom)));
    }
    path
}

/// Draws the limit as a step line, with its value at the end.
fn limit(sheet: &mut Sheet<'_>, points: &[(u32, Usage)], bottom: f64, in_sight: u32, height: impl Fn(u32) -> f64) {
    let mut path = String::new();
    let mut now: Option<u32> = None;
    for (column, slots) in points.iter().map(|(column, used)| (column, used.slots)) {
        if slots == now {
            continue;
        }
        let x = Px(sheet.axis.left() + f64::from(*column));
        let drawn = |slots: u32| slots <= in_sight;
        if now.is_some_and(drawn) {
            path.push_str(&format!("H{x}"));
        }
        if let Some(slots) = slots.filter(|&slots| drawn(slots)) {
            let y = Px(bottom - height(slots));
            path.push_str(&match now.filter(|&now| drawn(now)) {
                Some(_) => format!("V{y}"),
                None => format!("M{x} {y}"),
            });
        }
        now = slots;
    }
    let Some(slots) = now else { return };
    let right = sheet.axis.right();
    let y = if slots <= in_sight {
        path.push_str(&format!("H{}", Px(right)));
        bottom - height(slots)
    } else {
        bottom - HEIGHT
    };
    if !path.is_empty() {
        sheet.markup.element("path").class("limit").attr("d", path).empty();
    }
    let above = if slots > in_sight { "\u{2191} " } else { "" };
    let label = sheet.markup.element("text").at(right + 5.0, y + 4.0);
    label.text(format_args!("{above}{slots}"));
}

fn labels(sheet: &mut Sheet<'_>, series: &Series, top: f64) {
    let room = fitting(sheet.axis.left() - EDGE - 8.0);
    let left = sheet.axis.left() - 8.0;
    let name = sheet.markup.element("text").class("right").at(left, top + 18.0);
    name.text(shorten(&series.group, room));
    let about = match series.rule {
        Some(rule) => format!("{rule} of {}", series.hosts),
        None => "running at once".to_owned(),
    };
    let rule = sheet.markup.element("text").class("dim right").at(left, top + 33.0);
    rule.text(shorten(&about, room));
}

fn tooltip(sheet: &Sheet<'_>, series: &Series, most: u32) -> String {
    let full = series.full_for(sheet.data.began, sheet.data.until);
    let mut parts = vec![series.group.clone()];
    parts.extend(series.rule.map(|rule| rule.to_string()));
    parts.push(format!("at most {most} in use"));
    if series.now().slots.is_some() {
        parts.push(format!("every slot taken for {}", format_duration(full)));
    }
    parts.join(" \u{b7} ")
}

/// The chart's numbers, for the page's script: column, running, held and slots, step by step.
fn steps(sheet: &Sheet<'_>, series: &Series) -> String {
    let steps = columns(sheet, series).into_iter().map(|(column, used)| {
        let slots = used.slots.map(|slots| slots.to_string()).unwrap_or_default();
        format!("{column},{},{},{slots}", used.running, used.held)
    });
    steps.collect::<Vec<_>>().join(";")
}
