//! The whole picture: what stands where.

use super::axis::{Axis, date};
use super::rows::Layout;
use super::story::Story;
use super::{bands, bars, charts, legend, marks, style};
use crate::markup::{Markup, Px, shorten};
use pogo_core::plan::Command;
use pogo_core::scheduler::{JobStatus, Tally};
use pogo_core::time::format_duration;

/// Where the SVG will stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Alone {
    /// In a file of its own, which must bring its style.
    File,
    /// In a page.
    Page,
}

/// Width of every picture.
const WIDTH: f64 = 1200.0;
/// Room at the right of the axis.
const MARGIN: f64 = 64.0;
/// Room at the left of everything.
pub(super) const EDGE: f64 = 16.0;

/// How many sentences of a blocked job an image has room for.
const SENTENCES: usize = 5;

/// A picture as it is drawn, from top to bottom.
pub(super) struct Sheet<'a> {
    pub(super) story: &'a Story,
    pub(super) axis: Axis,
    pub(super) markup: Markup,
    pub(super) alone: Alone,
    /// How far down it is drawn.
    pub(super) y: f64,
}

pub(super) fn draw(story: &Story, layout: &Layout, alone: Alone) -> String {
    let gutter = gutter(story, layout);
    let mut sheet = Sheet {
        story,
        axis: Axis::new(story.began, story.until, gutter, WIDTH - gutter - MARGIN),
        markup: Markup::default(),
        alone,
        y: 0.0,
    };
    sheet.header(layout.band);
    legend::draw(&mut sheet, layout.is_folded());
    sheet.rows(layout);
    charts::draw(&mut sheet);
    sheet.y += 12.0;
    let (axis, height) = (sheet.axis, sheet.y);
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
    svg.title(&heading(story));
    if alone == Alone::File {
        svg.constant("<style>\n");
        svg.constant(style::SHEET);
        svg.constant("</style>\n");
    }
    svg.constant(style::DEFINITIONS);
    svg.element("rect").class("paper").size(WIDTH, height).empty();
    svg.own(&body);
    svg.finish()
}

/// What the picture is of, and how it ended.
pub(super) fn heading(story: &Story) -> String {
    let jobs = match story.jobs.as_slice() {
        [job] => job.to_string(),
        jobs => format!("{} jobs", jobs.len()),
    };
    let hosts = story.hosts.len();
    let plural = if hosts == 1 { "" } else { "s" };
    let took = format_duration(story.until - story.began);
    let so_far = if story.open { ", so far" } else { "" };
    format!("{jobs}: {hosts} host{plural} in {took}{so_far}")
}

/// How many hosts ended how, and what was run when.
pub(super) fn outcome(story: &Story) -> String {
    let tally = |of: fn(Tally) -> u32| {
        let jobs = story.jobs.iter().filter_map(|&job| story.scheduler.job(job));
        jobs.map(|job| u64::from(of(job.tally()))).sum::<u64>()
    };
    let counts = [
        ("succeeded", tally(|tally| tally.succeeded)),
        ("failed", tally(|tally| tally.failed)),
        ("in doubt", tally(|tally| tally.in_doubt)),
        ("skipped", tally(|tally| tally.skipped)),
        ("cancelled", tally(|tally| tally.cancelled)),
        ("running", tally(|tally| tally.running)),
        ("waiting", tally(|tally| tally.waiting)),
    ];
    let counts = counts.into_iter().filter(|(_, count)| *count > 0);
    let mut parts: Vec<String> = counts.map(|(word, count)| format!("{count} {word}")).collect();
    match story.slow() {
        0 => {}
        slow => parts.push(format!("{slow} slow")),
    }
    if let [job] = story.jobs.as_slice()
        && let Some(job) = story.scheduler.job(*job)
    {
        parts.extend(match job.status() {
            JobStatus::Running | JobStatus::Finished => None,
            status => Some(format!("the job is {}", status_word(status))),
        });
    }
    parts.join(", ")
}

fn status_word(status: JobStatus) -> &'static str {
    match status {
        JobStatus::Running => "running",
        JobStatus::Waiting => "waiting for other jobs",
        JobStatus::Paused => "paused",
        JobStatus::Blocked => "blocked",
        JobStatus::Halting => "halting",
        JobStatus::Halted => "halted",
        JobStatus::Finished => "finished",
    }
}

/// Room for names at the left.
#[allow(clippy::cast_precision_loss, reason = "names are short")]
fn gutter(story: &Story, layout: &Layout) -> f64 {
    let longest = story.hosts.keys().map(|host| host.as_str().len()).max().unwrap_or(0);
    let longest = if layout.is_folded() { 30 } else { longest };
    (longest as f64 * 6.4 + EDGE + 20.0).clamp(200.0, 250.0)
}

impl Sheet<'_> {
    fn header(&mut self, band: Option<usize>) {
        self.y += 32.0;
        let text = self.markup.element("text").class("head").at(EDGE, self.y);
        text.text(heading(self.story));
        self.y += 19.0;
        let text = self.markup.element("text").at(EDGE, self.y);
        text.text(outcome(self.story));
        let mut about: Vec<String> = vec![];
        if let [job] = self.story.jobs.as_slice()
            && let Some(job) = self.story.scheduler.job(*job)
        {
            let command = match &job.spec().command {
                Command::Shell(line) => line.clone(),
                Command::Argv(words) => words.join(" "),
            };
            about.push(shorten(command.trim(), 110));
        }
        about.extend(band.map(|hosts| format!("bands of {hosts} hosts: the height of a colour is how many of them")));
        about.extend(date(self.story.began).map(|date| format!("from {date}")));
        let about = about.join(" \u{b7} ");
        for line in [Some(&about), self.story.among.as_ref()].into_iter().flatten() {
            self.y += 16.0;
            let text = self.markup.element("text").class("dim").at(EDGE, self.y);
            text.text(line);
        }
        // A page has them in full, where they can be read and copied.
        if self.alone == Alone::File {
            self.blocked();
        }
    }

    /// What keeps blocked jobs from going on.
    fn blocked(&mut self) {
        let sentences = &self.story.waits.blocked;
        for sentence in sentences.iter().take(SENTENCES) {
            self.y += 16.0;
            self.markup.element("g").class("why").begin();
            self.markup.title(sentence);
            let text = self.markup.element("text").at(EDGE, self.y);
            text.text(shorten(&format!("\u{25b2} blocked: {sentence}"), 190));
            self.markup.end();
        }
        match sentences.len().saturating_sub(SENTENCES) {
            0 => {}
            more => {
                self.y += 16.0;
                let text = self.markup.element("text").at(EDGE, self.y);
                text.text(format!("\u{25b2} and {more} more"));
            }
        }
    }

    fn rows(&mut self, layout: &Layout) {
        let row = row_height(layout);
        let rows: f64 = layout
            .sections
            .iter()
            .map(|section| count(section.rows.len()) * row + 27.0)
            .sum();
        self.y += 34.0;
        self.ticks(self.y - 6.0);
        let marks = if self.story.marks.is_empty() { 0.0 } else { 14.0 };
        self.grid(self.y, rows + marks);
        let top = self.y;
        self.y += marks;
        for section in &layout.sections {
            self.y += 18.0;
            let title = self.markup.element("text").class("bold").at(EDGE, self.y);
            title.text(shorten(&section.label, 60));
            self.described(section.hosts, &section.label);
            self.y += 5.0;
            for hosts in &section.rows {
                if layout.is_folded() {
                    bands::draw(self, &section.label, hosts, row);
                } else {
                    bars::draw(self, hosts, row);
                }
                self.y += row;
            }
            self.y += 4.0;
        }
        marks::draw(self, top);
        self.y += 14.0;
        self.ticks(self.y);
        self.y += 10.0;
    }

    /// How many hosts a block has, and its limits, at the end of its title's line.
    fn described(&mut self, hosts: usize, label: &str) {
        let mut text = vec![format!("{hosts} host{}", if hosts == 1 { "" } else { "s" })];
        let limits = self
            .story
            .limits
            .iter()
            .filter(|limit| label.split(", ").any(|part| part == limit.group));
        for limit in limits {
            if let (Some(rule), Some(places)) = (limit.rule, limit.now().places) {
                let what = if rule.counts_unavailable() {
                    "unavailable"
                } else {
                    "running"
                };
                text.push(format!("at most {places} {what} ({rule})"));
            }
        }
        let text = shorten(&text.join(", "), 120);
        let right = self.axis.right();
        let element = self.markup.element("text").class("dim right").at(right, self.y);
        element.text(text);
    }

    fn ticks(&mut self, y: f64) {
        for (at, label) in self.axis.ticks(80.0) {
            let x = self.axis.x(at);
            self.markup.element("text").class("dim mid").at(x, y).text(label);
        }
    }

    /// Lines at the ticks.
    pub(super) fn grid(&mut self, y: f64, height: f64) {
        let lines: Vec<String> = self
            .axis
            .ticks(80.0)
            .iter()
            .map(|(at, _)| format!("M{} {}v{}", Px(self.axis.x(*at)), Px(y), Px(height)))
            .collect();
        self.markup
            .element("path")
            .class("grid")
            .attr("d", lines.concat())
            .empty();
    }
}

fn row_height(layout: &Layout) -> f64 {
    match (layout.is_folded(), layout.rows().count()) {
        (true, _) => 14.0,
        (false, 0..=60) => 17.0,
        _ => 12.0,
    }
}

/// A small number as a length.
#[allow(clippy::cast_precision_loss, reason = "rows and characters are few")]
pub(super) fn count(count: usize) -> f64 {
    count as f64
}
