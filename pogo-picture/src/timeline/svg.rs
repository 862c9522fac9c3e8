//! The timeline as SVG.

use super::axis::{Axis, date};
use super::data::TimelineData;
use super::heading::{heading, outcome};
use super::rows::Layout;
use super::sheet::{EDGE, Sheet, SvgTarget, count};
use super::{bands, bars, charts, legend, marks, style};
use crate::markup::{Markup, Px, shorten};

/// Width of every picture.
const WIDTH: f64 = 1200.0;
/// Space at the right of the axis.
const MARGIN: f64 = 64.0;
/// The most sentences about blocked jobs, and about orders.
const SENTENCES: usize = 5;

pub(super) fn draw(data: &TimelineData, layout: &Layout, target: SvgTarget) -> String {
    let gutter = gutter(data, layout);
    let mut sheet = Sheet {
        data,
        axis: Axis::new(data.began, data.until, gutter, WIDTH - gutter - MARGIN),
        markup: Markup::default(),
        target,
        y: 0.0,
    };
    header(&mut sheet, layout.band);
    legend::draw(&mut sheet, layout.is_folded());
    rows(&mut sheet, layout);
    charts::draw(&mut sheet);
    sheet.y += 12.0;
    let (axis, height) = (sheet.axis, sheet.y);
    // The body first: the height of the picture, which stands in its first element, is known only
    // then.
    let body = sheet.markup.finish();
    let mut svg = Markup::default();
    svg.element("svg")
        .attr("xmlns", "http://www.w3.org/2000/svg")
        .class("pogo")
        .attr("viewBox", format_args!("0 0 {WIDTH} {}", Px(height)))
        .size(WIDTH, height)
        .attr("data-left", Px(axis.left()))
        .attr("data-right", Px(axis.right()))
        .attr("data-span", axis.span())
        .begin();
    svg.title(&heading(data));
    if target == SvgTarget::File {
        svg.constant("<style>\n");
        svg.constant(style::SHEET);
        svg.constant("</style>\n");
    }
    svg.constant(style::DEFINITIONS);
    svg.element("rect").class("paper").size(WIDTH, height).empty();
    svg.raw(&body);
    svg.finish()
}

/// Width of the names at the left.
#[allow(clippy::cast_precision_loss, reason = "names are short")]
fn gutter(data: &TimelineData, layout: &Layout) -> f64 {
    let longest = data.hosts.keys().map(|host| host.as_str().len()).max().unwrap_or(0);
    let longest = if layout.is_folded() { 30 } else { longest };
    (longest as f64 * 6.4 + EDGE + 20.0).clamp(200.0, 250.0)
}

fn header(sheet: &mut Sheet<'_>, band: Option<usize>) {
    sheet.y += 32.0;
    let text = sheet.markup.element("text").class("head").at(EDGE, sheet.y);
    text.text(heading(sheet.data));
    sheet.y += 19.0;
    let text = sheet.markup.element("text").at(EDGE, sheet.y);
    text.text(outcome(sheet.data));
    let mut about: Vec<String> = vec![];
    if let [job] = sheet.data.jobs.as_slice()
        && let Some(job) = sheet.data.scheduler.job(*job)
    {
        let command = job.spec().command.to_string();
        about.push(shorten(command.trim(), 110));
    }
    about.extend(band.map(|hosts| format!("bands of {hosts} hosts: the height of a colour is how many of them")));
    about.extend(date(sheet.data.began).map(|date| format!("from {date}")));
    let about = about.join(" \u{b7} ");
    for line in [Some(&about), sheet.data.among.as_ref()].into_iter().flatten() {
        sheet.y += 16.0;
        let text = sheet.markup.element("text").class("dim").at(EDGE, sheet.y);
        text.text(line);
    }
    // A page lists them above the picture, where they can be copied.
    if sheet.target == SvgTarget::File {
        blocked(sheet);
        orders(sheet);
    }
}

/// Draws what blocks jobs.
fn blocked(sheet: &mut Sheet<'_>) {
    let data = sheet.data;
    let sentences = &data.waits.blocked;
    for sentence in sentences.iter().take(SENTENCES) {
        sheet.y += 16.0;
        sheet.markup.element("g").class("why").begin();
        sheet.markup.title(sentence);
        let text = sheet.markup.element("text").at(EDGE, sheet.y);
        text.text(shorten(&format!("\u{25b2} blocked: {sentence}"), 190));
        sheet.markup.end();
    }
    match sentences.len().saturating_sub(SENTENCES) {
        0 => {}
        more => {
            sheet.y += 16.0;
            let text = sheet.markup.element("text").at(EDGE, sheet.y);
            text.text(format!("\u{25b2} and {more} more"));
        }
    }
}

/// Draws who ordered what.
fn orders(sheet: &mut Sheet<'_>) {
    let orders = &sheet.data.orders;
    for order in orders.iter().take(SENTENCES) {
        sheet.y += 16.0;
        let text = sheet.markup.element("text").class("dim").at(EDGE, sheet.y);
        text.text(shorten(order, 190));
    }
    match orders.len().saturating_sub(SENTENCES) {
        0 => {}
        more => {
            sheet.y += 16.0;
            let text = sheet.markup.element("text").class("dim").at(EDGE, sheet.y);
            text.text(format!("and {more} more orders"));
        }
    }
}

fn rows(sheet: &mut Sheet<'_>, layout: &Layout) {
    let row = row_height(layout);
    let rows: f64 = layout
        .sections
        .iter()
        .map(|section| count(section.rows.len()) * row + 27.0)
        .sum();
    sheet.y += 34.0;
    sheet.ticks(sheet.y - 6.0);
    let marks = if sheet.data.marks.is_empty() { 0.0 } else { 14.0 };
    sheet.grid(sheet.y, rows + marks);
    let top = sheet.y;
    sheet.y += marks;
    for section in &layout.sections {
        sheet.y += 18.0;
        let title = sheet.markup.element("text").class("bold").at(EDGE, sheet.y);
        title.text(shorten(&section.label, 60));
        described(sheet, section.hosts, &section.label);
        sheet.y += 5.0;
        for hosts in &section.rows {
            if layout.is_folded() {
                bands::draw(sheet, &section.label, hosts, row);
            } else {
                bars::draw(sheet, hosts, row);
            }
            sheet.y += row;
        }
        sheet.y += 4.0;
    }
    marks::draw(sheet, top);
    sheet.y += 14.0;
    sheet.ticks(sheet.y);
    sheet.y += 10.0;
}

/// Draws the number of a block's hosts and its limits, at the right of its title.
fn described(sheet: &mut Sheet<'_>, hosts: usize, label: &str) {
    let mut text = vec![format!("{hosts} host{}", if hosts == 1 { "" } else { "s" })];
    let limits = sheet
        .data
        .limits
        .iter()
        // A block whose hosts are in several groups has all their names in its label.
        .filter(|limit| label.split(", ").any(|part| part == limit.group));
    for limit in limits {
        if let (Some(rule), Some(slots)) = (limit.rule, limit.now().slots) {
            let what = if rule.counts_unavailable() {
                "unavailable"
            } else {
                "running"
            };
            text.push(format!("at most {slots} {what} ({rule})"));
        }
    }
    let text = shorten(&text.join(", "), 120);
    let right = sheet.axis.right();
    let element = sheet.markup.element("text").class("dim right").at(right, sheet.y);
    element.text(text);
}

fn row_height(layout: &Layout) -> f64 {
    match (layout.is_folded(), layout.rows().count()) {
        (true, _) => 14.0,
        (false, 0..=60) => 17.0,
        _ => 12.0,
    }
}
