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
    /// What there is of the job so far is being read: how far it is would be shown as it was then.
    reads_past: bool,
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
            reads_past: false,
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

    /// Says whether what has happened so far is being read.
    #[cfg(feature = "store")]
    pub(super) fn reads_past(&mut self, reads: bool) {
        self.reads_past = reads;
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
        let size = TerminalSize::of_terminal();
        let lines = self.status_lines(progress, size);
        if lines != self.lines || self.size != Some(size) {
            self.lines = lines;
            self.size = Some(size);
            terminal::write_err(&self.region.draw(&self.lines, size));
        }
    }

    fn status_lines(&mut self, progress: &JobProgress, size: TerminalSize) -> Vec<String> {
        if self.reads_past {
            return vec!["reading what has happened so far".to_owned()];
        }
        let now = self.now(progress);
        let left = self.forecast.left(progress, now);
        let keys = self.keys.as_deref();
        StatusLines {
            progress,
            now,
            left,
            keys,
        }
        .lines(size)
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

#[cfg(all(test, feature = "store"))]
mod tests {
    use super::*;

    #[test]
    fn while_the_past_of_a_job_is_read_nothing_is_said_of_how_far_it_is() {
        let (mut pane, progress) = (Pane::new(true), JobProgress::default());
        let size = TerminalSize::of_terminal();
        pane.keys(Some("keys: p pause".to_owned()));
        pane.reads_past(true);
        assert_eq!(pane.status_lines(&progress, size), ["reading what has happened so far"]);
        pane.reads_past(false);
        let lines = pane.status_lines(&progress, size);
        assert!(!lines.iter().any(|line| line.starts_with("reading")), "{lines:?}");
    }
}
