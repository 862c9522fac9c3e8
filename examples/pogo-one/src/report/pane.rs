//! The bottom of the terminal: a question, or status lines.

use std::io::{self, IsTerminal};
use std::time::{Duration, Instant};

use pogo_core::Timestamp;

use super::forecast::Forecast;
use super::progress::JobProgress;
use super::prompt::OpenPrompt;
use super::region::{Region, TerminalSize};
use super::status::StatusLines;
use super::terminal;

pub(super) struct Pane {
    /// Standard error is a terminal, and shows status lines.
    live: bool,
    /// Standard output is that terminal too.
    out_is_terminal: bool,
    region: Region,
    lines: Vec<String>,
    size: Option<TerminalSize>,
    /// A question that waits for its answer; status lines are not shown meanwhile.
    prompt: Option<OpenPrompt>,
    forecast: Forecast,
    /// What keys do, below the status lines.
    keys: Option<String>,
    /// When the last event came in, by the clock here.
    noted: Instant,
    /// How many times faster than real time the job's time passes.
    pub(super) speed: f64,
}

impl Pane {
    pub(super) fn new(live: bool) -> Self {
        Self {
            live,
            out_is_terminal: io::stdout().is_terminal(),
            region: Region::default(),
            lines: vec![],
            size: None,
            prompt: None,
            forecast: Forecast::default(),
            keys: None,
            noted: Instant::now(),
            speed: 1.0,
        }
    }

    pub(super) fn is_live(&self) -> bool {
        self.live
    }

    /// Shows no status lines.
    pub(super) fn be_still(&mut self) {
        self.live = false;
    }

    /// Says what keys do from now on.
    #[cfg(feature = "store")]
    pub(super) fn keys(&mut self, keys: Option<String>) {
        self.keys = keys;
    }

    /// An event has come in that happened so long ago: of a job that is kept, the last one may be of yesterday.
    pub(super) fn noted(&mut self, ago: Duration) {
        let now = Instant::now();
        self.noted = now.checked_sub(ago).unwrap_or(now);
    }

    /// Prints on standard error, above the pane.
    pub(super) fn above_err<T>(&mut self, print: impl FnOnce() -> T) -> T {
        if let Some(prompt) = &self.prompt {
            return prompt.above(print);
        }
        if self.lines.is_empty() {
            return print();
        }
        let size = TerminalSize::of_terminal();
        terminal::write_err(&self.region.begin_above(size));
        let printed = print();
        terminal::write_err(&self.region.draw(&self.lines, size));
        printed
    }

    /// Prints on standard output, above the pane if that is the same terminal.
    pub(super) fn above_out<T>(&mut self, print: impl FnOnce() -> T) -> T {
        match self.out_is_terminal || self.prompt.is_some() {
            true => self.above_err(print),
            false => print(),
        }
    }

    pub(super) fn open_prompt(&mut self, prompt: OpenPrompt) {
        terminal::write_err(&self.region.erase(TerminalSize::of_terminal()));
        self.prompt = Some(prompt);
    }

    pub(super) fn close_prompt(&mut self, progress: &JobProgress) {
        if let Some(prompt) = self.prompt.take() {
            // It may have been written once more after the answer.
            prompt.erase();
        }
        self.size = None;
        self.draw(progress);
    }

    /// Draws the status lines, if they or the terminal have changed.
    pub(super) fn draw(&mut self, progress: &JobProgress) {
        if !self.live || self.prompt.is_some() || progress.job.is_none() {
            return;
        }
        let (size, now) = (TerminalSize::of_terminal(), self.now(progress));
        let left = self.forecast.left(progress, now);
        let keys = self.keys.as_deref();
        let lines = StatusLines {
            progress,
            now,
            left,
            keys,
        }
        .lines(size);
        if lines != self.lines || self.size != Some(size) {
            self.lines = lines;
            self.size = Some(size);
            terminal::write_err(&self.region.draw(&self.lines, size));
        }
    }

    /// Removes the status lines, before the summary.
    pub(super) fn end(&mut self) {
        self.live = false;
        self.lines.clear();
        terminal::write_err(&self.region.erase(TerminalSize::of_terminal()));
    }

    /// The time of the job: that of its last event, and what has passed since.
    fn now(&self, progress: &JobProgress) -> Timestamp {
        let passed = self.noted.elapsed().as_secs_f64() * self.speed;
        progress.now + Duration::try_from_secs_f64(passed).unwrap_or_default()
    }
}
