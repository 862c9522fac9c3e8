//! The timeline as text for a terminal.

use std::fmt::Write;

use super::axis::Axis;
use super::data::TimelineData;
use super::heading::{heading, outcome};
use super::rows::{Layout, RowLimits};
use super::sheet::count;
use super::state::HostState;
use super::usage::Series;
use crate::markup::shorten;
use pogo_core::Timestamp;
use pogo_core::fleet::fold;

const LIMITS: RowLimits = RowLimits { hosts: 40, bands: 40 };
/// The most orders that are listed.
const ORDERS: usize = 20;
const NAMES: usize = 26;
/// Width of the numbers after the cells.
const NUMBERS: usize = 10;
const STEPS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];

/// A chart of this width in columns, at least 60.
pub(super) fn draw(data: &TimelineData, columns: usize) -> String {
    let layout = Layout::of(data, LIMITS);
    // Cannot overflow: the three together are less than 60.
    let cells = columns.max(60) - NAMES - NUMBERS - 4;
    let chart = Chart {
        data,
        axis: Axis::new(data.began, data.until, 0.0, count(cells)),
        cells,
        text: String::new(),
    };
    chart.draw(&layout)
}

struct Chart<'a> {
    data: &'a TimelineData,
    axis: Axis,
    cells: usize,
    text: String,
}

impl Chart<'_> {
    fn draw(mut self, layout: &Layout) -> String {
        let (heading, outcome) = (heading(self.data), outcome(self.data));
        self.line(&heading);
        self.line(&outcome);
        if let Some(among) = &self.data.among {
            self.line(among);
        }
        for sentence in &self.data.waits.blocked {
            self.line(&format!("blocked: {}", plain(sentence)));
        }
        self.orders();
        self.line("");
        self.scale();
        for section in &layout.sections {
            let plural = if section.hosts == 1 { "" } else { "s" };
            self.line(&format!("{}  ({} host{plural})", plain(&section.label), section.hosts));
            for hosts in &section.rows {
                let names = hosts.iter().filter_map(|&host| self.data.hosts.get_index(host));
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
        let data = self.data;
        if data.total.now().slots.is_some() {
            self.limit("this job", &data.total);
        }
        for series in data.limits.iter().filter(|series| series.in_job).take(LIMITS.bands) {
            self.limit(&series.group, series);
        }
        self.legend(layout.is_folded());
        self.text
    }

    /// Who ordered what, if not all of it then what came last.
    fn orders(&mut self) {
        let orders = &self.data.orders;
        let left_out = orders.len().saturating_sub(ORDERS);
        if left_out > 0 {
            self.line(&format!("{left_out} more orders, then"));
        }
        for order in orders.iter().skip(left_out) {
            self.line(&plain(order));
        }
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

    /// The cell of a time.
    fn cell(&self, at: Timestamp) -> usize {
        usize::try_from(self.axis.column(at)).map_or(0, |cell| cell.min(self.cells.saturating_sub(1)))
    }

    /// A row of one host: its state in each cell. A state shorter than a cell is shown until another begins there.
    fn host(&self, hosts: &[usize]) -> String {
        let mut cells = vec!['·'; self.cells];
        for (_, host) in hosts.iter().filter_map(|&host| self.data.hosts.get_index(host)) {
            let ends = host.states.iter().skip(1).map(|&(at, _)| at).chain([self.data.until]);
            for (&(from, state), to) in host.states.iter().zip(ends) {
                let (first, last) = (self.cell(from), self.cell(to));
                // A state ends where the next begins, so only the last one fills its final cell.
                let lasts = if self.is_last(to) { last + 1 } else { last };
                let held = cells.iter_mut().take(lasts.max(first + 1)).skip(first);
                held.for_each(|cell| *cell = fill(state));
                if let (Some(sign), Some(cell)) = (sign(state), cells.get_mut(first)) {
                    *cell = sign;
                }
            }
        }
        for (_, host) in hosts.iter().filter_map(|&host| self.data.hosts.get_index(host)) {
            for slow in host.attempts.iter().filter_map(|attempt| attempt.slow) {
                // Not over a sign: that an attempt failed matters more than that it was slow.
                if let Some(cell) = cells.get_mut(self.cell(slow)).filter(|cell| **cell == '█') {
                    *cell = '!';
                }
            }
        }
        cells.into_iter().collect()
    }

    fn is_last(&self, to: Timestamp) -> bool {
        to >= self.data.until
    }

    /// A row of many hosts: the share of running ones, and signs where some failed.
    fn band(&self, hosts: &[usize]) -> String {
        let mut running = vec![0_usize; self.cells];
        let mut bad = vec![false; self.cells];
        let (mut first, mut last) = (self.cells, 0);
        for (_, host) in hosts.iter().filter_map(|&host| self.data.hosts.get_index(host)) {
            for attempt in &host.attempts {
                let to = self.cell(attempt.ended.as_ref().map_or(self.data.until, |(at, _)| *at));
                let from = self.cell(attempt.began);
                (first, last) = (first.min(from), last.max(to));
                running.iter_mut().take(to + 1).skip(from).for_each(|count| *count += 1);
            }
            for &(at, _) in host.states.iter().filter(|(_, state)| state.holds_slots()) {
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

    /// A row of a limit: the share of used slots in each cell.
    fn limit(&mut self, name: &str, series: &Series) {
        let mut cells = vec![(0, 0); self.cells];
        let points = series.between(self.data.began, self.data.until);
        let ends = points.iter().skip(1).map(|point| point.at).chain([self.data.until]);
        for (point, to) in points.iter().zip(ends) {
            let (from, to) = (self.cell(point.at), self.cell(to));
            for cell in cells.iter_mut().take(to.max(from + 1)).skip(from) {
                let slots = point.used.slots.unwrap_or(0);
                *cell = (*cell).max((point.used.taken(), slots));
            }
        }
        let drawn = cells.iter().map(|&(taken, slots)| match taken {
            0 => ' ',
            taken => step(taken as usize, slots.max(taken) as usize),
        });
        let (most, slots) = series.most(self.data.began, self.data.until);
        let drawn: String = drawn.collect();
        self.row(name, &drawn, &format!(" {most}/{slots}"));
    }

    fn legend(&mut self, folded: bool) {
        self.line("");
        if folded {
            self.line("  ▁▄█ share of the row's hosts that run   ✕ some failed   · waiting");
        } else {
            self.line("  · waiting  ░ connect  ▒ pre-hook  █ running  ▓ post-hook  ╌ settle  ! slow");
            self.line("  ✓ succeeded  ✕ failed  ? in doubt  ↓ marked down  H held  ━ keeps its slots");
        }
    }
}

/// A block of eighths; at least one, and all eight only if full.
fn step(count: usize, of: usize) -> char {
    let eighth = (count * 8).checked_div(of).unwrap_or(8).clamp(1, 8);
    STEPS.get(eighth - 1).copied().unwrap_or('█')
}

/// The sign in the first cell of a state that has one.
fn sign(state: HostState) -> Option<char> {
    Some(match state {
        HostState::Failed => '✕',
        HostState::InDoubt => '?',
        HostState::Down => '↓',
        HostState::Held => 'H',
        HostState::Succeeded => '✓',
        HostState::Skipped => '»',
        HostState::Cancelled => '–',
        _ => return None,
    })
}

fn fill(state: HostState) -> char {
    match state {
        HostState::Failed | HostState::InDoubt | HostState::Down | HostState::Held => '━',
        HostState::Succeeded | HostState::Skipped | HostState::Cancelled => ' ',
        HostState::Settle => '╌',
        HostState::PostHook => '▓',
        HostState::Command | HostState::Running => '█',
        HostState::PreHook => '▒',
        HostState::Connect => '░',
        HostState::Waiting => '·',
    }
}

/// Removes control characters, which a terminal would interpret.
fn plain(text: &str) -> String {
    text.chars()
        .map(|c| if c.is_control() { '\u{fffd}' } else { c })
        .collect()
}
