//! The timeline as text.

use std::fmt::Write;

use super::axis::Axis;
use super::rows::{Layout, Room};
use super::sheet::{heading, outcome};
use super::state::State;
use super::story::Story;
use super::usage::Series;
use crate::markup::shorten;
use pogo_core::Timestamp;
use pogo_core::fleet::fold;

const ROOM: Room = Room { hosts: 40, bands: 40 };
const NAMES: usize = 26;
/// Room for numbers behind the cells.
const NUMBERS: usize = 10;
const STEPS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];

/// A chart that is so many columns wide, and at least 60.
pub(super) fn draw(story: &Story, columns: usize) -> String {
    let layout = Layout::of(story, ROOM);
    let cells = columns.max(60) - NAMES - NUMBERS - 4;
    let chart = Chart {
        story,
        axis: Axis::new(story.began, story.until, 0.0, super::sheet::count(cells)),
        cells,
        text: String::new(),
    };
    chart.draw(&layout)
}

struct Chart<'a> {
    story: &'a Story,
    axis: Axis,
    cells: usize,
    text: String,
}

impl Chart<'_> {
    fn draw(mut self, layout: &Layout) -> String {
        let (heading, outcome) = (heading(self.story), outcome(self.story));
        self.line(&heading);
        self.line(&outcome);
        if let Some(among) = &self.story.among {
            self.line(among);
        }
        for sentence in &self.story.waits.blocked {
            self.line(&format!("blocked: {}", plain(sentence)));
        }
        self.line("");
        self.scale();
        for section in &layout.sections {
            let plural = if section.hosts == 1 { "" } else { "s" };
            self.line(&format!("{}  ({} host{plural})", plain(&section.label), section.hosts));
            for hosts in &section.rows {
                let names = hosts.iter().filter_map(|&host| self.story.hosts.get_index(host));
                let name = fold(names.map(|(name, _)| name.as_str())).to_string();
                let cells = if layout.is_folded() {
                    self.band(hosts)
                } else {
                    self.host(hosts)
                };
                self.row(&name, &cells, "");
            }
        }
        self.line("");
        let story = self.story;
        if story.total.now().places.is_some() {
            self.limit("this job", &story.total);
        }
        for series in story.limits.iter().filter(|series| series.in_job).take(ROOM.bands) {
            self.limit(&series.group, series);
        }
        self.legend(layout.is_folded());
        self.text
    }

    fn line(&mut self, line: &str) {
        self.text.push_str(line.trim_end());
        self.text.push('\n');
    }

    fn row(&mut self, name: &str, cells: &str, after: &str) {
        let name = shorten(&plain(name), NAMES);
        let pad = NAMES - name.chars().count();
        self.line(&format!("  {name}{:pad$}  {cells}{after}", ""));
    }

    fn scale(&mut self) {
        let mut line = String::new();
        for (at, label) in self.axis.ticks(12.0) {
            let column = usize::try_from(self.axis.column(at)).unwrap_or(0);
            let used = line.chars().count();
            if column >= used && column + label.len() <= self.cells {
                let _ = write!(line, "{:pad$}{label}", "", pad = column - used);
            }
        }
        self.row("", &line, "");
    }

    /// The cell that a moment falls into.
    fn cell(&self, at: Timestamp) -> usize {
        usize::try_from(self.axis.column(at)).map_or(0, |cell| cell.min(self.cells.saturating_sub(1)))
    }

    /// One host: what it did in each cell. What is over in less than a cell shows until something else begins there.
    fn host(&self, hosts: &[usize]) -> String {
        let mut cells = vec!['·'; self.cells];
        for (_, host) in hosts.iter().filter_map(|&host| self.story.hosts.get_index(host)) {
            let ends = host.course.iter().skip(1).map(|&(at, _)| at).chain([self.story.until]);
            for (&(from, state), to) in host.course.iter().zip(ends) {
                let (first, last) = (self.cell(from), self.cell(to));
                let lasts = if self.is_last(to) { last + 1 } else { last };
                let held = cells.iter_mut().take(lasts.max(first + 1)).skip(first);
                held.for_each(|cell| *cell = fill(state));
                if let (Some(sign), Some(cell)) = (sign(state), cells.get_mut(first)) {
                    *cell = sign;
                }
            }
        }
        for (_, host) in hosts.iter().filter_map(|&host| self.story.hosts.get_index(host)) {
            for slow in host.attempts.iter().filter_map(|attempt| attempt.slow) {
                if let Some(cell) = cells.get_mut(self.cell(slow)).filter(|cell| **cell == '█') {
                    *cell = '!';
                }
            }
        }
        cells.into_iter().collect()
    }

    fn is_last(&self, to: Timestamp) -> bool {
        to >= self.story.until
    }

    /// Many hosts: the share of them that ran, and where some failed.
    fn band(&self, hosts: &[usize]) -> String {
        let mut running = vec![0_usize; self.cells];
        let mut bad = vec![false; self.cells];
        let (mut first, mut last) = (self.cells, 0);
        for (_, host) in hosts.iter().filter_map(|&host| self.story.hosts.get_index(host)) {
            for attempt in &host.attempts {
                let to = self.cell(attempt.ended.as_ref().map_or(self.story.until, |(at, _)| *at));
                let from = self.cell(attempt.began);
                (first, last) = (first.min(from), last.max(to));
                running.iter_mut().take(to + 1).skip(from).for_each(|count| *count += 1);
            }
            for &(at, _) in host.course.iter().filter(|(_, state)| state.is_held()) {
                if let Some(bad) = bad.get_mut(self.cell(at)) {
                    *bad = true;
                }
            }
        }
        let cells = running.iter().zip(bad).enumerate();
        cells
            .map(|(at, (&count, bad))| match (bad, count) {
                (true, _) => '✕',
                (false, 0) if at < first => '·',
                (false, 0) if at > last => ' ',
                (false, count) => step(count, hosts.len()),
            })
            .collect()
    }

    /// A limit: the share of its slots that are taken in each cell.
    fn limit(&mut self, name: &str, series: &Series) {
        let mut cells = vec![(0, 0); self.cells];
        let points = series.between(self.story.began, self.story.until);
        let ends = points.iter().skip(1).map(|point| point.at).chain([self.story.until]);
        for (point, to) in points.iter().zip(ends) {
            let (from, to) = (self.cell(point.at), self.cell(to));
            for cell in cells.iter_mut().take(to.max(from + 1)).skip(from) {
                let places = point.used.places.unwrap_or(0);
                *cell = (*cell).max((point.used.taken(), places));
            }
        }
        let drawn = cells.iter().map(|&(taken, places)| match taken {
            0 => ' ',
            taken => step(taken as usize, places.max(taken) as usize),
        });
        let (most, places) = series.most(self.story.began, self.story.until);
        let drawn: String = drawn.collect();
        self.row(name, &drawn, &format!(" {most}/{places}"));
    }

    fn legend(&mut self, folded: bool) {
        self.line("");
        if folded {
            self.line("  ▁▄█ share of the row's hosts that run   ✕ some failed   · waiting");
        } else {
            self.line("  · waiting  ░ connect  ▒ pre-hook  █ running  ▓ post-hook  ╌ settle  ! slow");
            self.line("  ✓ succeeded  ✕ failed  ? in doubt  ↓ marked down  ━ keeps its slots");
        }
    }
}

/// Eighths of a cell; never nothing, and full only if it is.
fn step(count: usize, of: usize) -> char {
    let eighth = (count * 8).checked_div(of).unwrap_or(8).clamp(1, 8);
    STEPS.get(eighth - 1).copied().unwrap_or('█')
}

/// What stands in the first cell of a state, where that is worth a sign.
fn sign(state: State) -> Option<char> {
    Some(match state {
        State::Failed => '✕',
        State::InDoubt => '?',
        State::Down => '↓',
        State::Succeeded => '✓',
        State::Skipped => '»',
        State::Cancelled => '–',
        _ => return None,
    })
}

fn fill(state: State) -> char {
    match state {
        State::Failed | State::InDoubt | State::Down => '━',
        State::Succeeded | State::Skipped | State::Cancelled => ' ',
        State::Settle => '╌',
        State::PostHook => '▓',
        State::Command | State::Running => '█',
        State::PreHook => '▒',
        State::Connect => '░',
        State::Waiting => '·',
    }
}

/// Without characters that would steer the terminal.
fn plain(text: &str) -> String {
    text.chars()
        .map(|c| if c.is_control() { '\u{fffd}' } else { c })
        .collect()
}
