//! Standard output and standard error, shared by everything that happens at once.

use std::io::{self, IsTerminal, Write};
use std::sync::{Mutex, MutexGuard, PoisonError};

use pogo_core::dispatcher::OutputChunk;
use pogo_core::scheduler::{Event, Record};

use super::bars::Bars;
use super::lines::{Lines, clean};
use super::span::span;
use super::watch::HostState;
use super::{Summary, Watch};
use crate::cli::LogFormat;

/// Shows a job: hosts' output or events on standard output, progress and remarks on standard error.
pub(crate) struct Screen {
    format: LogFormat,
    shown: Mutex<Shown>,
}

struct Shown {
    watch: Watch,
    lines: Lines,
    bars: Option<Bars>,
    live: bool,
    /// Nobody reads standard output any more. The job goes on all the same.
    unread: bool,
}

impl Screen {
    pub(crate) fn new(format: LogFormat) -> Self {
        let live = format == LogFormat::Text && io::stderr().is_terminal();
        let shown = Shown {
            watch: Watch::default(),
            lines: Lines::default(),
            bars: None,
            live,
            unread: false,
        };
        Self {
            format,
            shown: Mutex::new(shown),
        }
    }

    pub(crate) fn event(&self, record: &Record) {
        let mut shown = self.shown();
        let changed = shown.watch.note(record);
        if self.format == LogFormat::Jsonl {
            if let Ok(line) = serde_json::to_string(record) {
                shown.print(&[line]);
            }
            return;
        }
        if let Event::TaskSucceeded { attempt, host, .. }
        | Event::TaskFailed { attempt, host, .. }
        | Event::TaskInDoubt { attempt, host, .. } = &record.event
        {
            let left: Vec<String> = shown
                .lines
                .end(*attempt)
                .iter()
                .map(|line| format!("{host} | {line}"))
                .collect();
            shown.print(&left);
        }
        if let Event::TaskSlow { host, after, .. } = &record.event {
            shown.say(&format!("{host} is slow: it has run for {}, and goes on", span(*after)));
        }
        match changed {
            Some((host, HostState::Failed(why))) => shown.say(&format!("{host} failed: {}", clean(&why))),
            Some((host, HostState::InDoubt(why))) => shown.say(&format!("{host} is in doubt: {}", clean(&why))),
            _ => {}
        }
        if shown.live {
            match &shown.bars {
                Some(bars) => bars.update(&shown.watch),
                None if matches!(record.event, Event::JobSubmitted { .. }) => {
                    shown.bars = Some(Bars::new(&shown.watch))
                }
                None => {}
            }
        }
    }

    /// Whether status lines show how the job is doing.
    pub(crate) fn is_live(&self) -> bool {
        self.shown().live
    }

    /// Lines on standard output.
    pub(crate) fn print(&self, text: impl std::fmt::Display) -> io::Result<()> {
        let mut out = io::stdout().lock();
        write!(out, "{text}")?;
        out.flush()
    }

    pub(crate) fn output(&self, chunk: &OutputChunk<'_>) {
        if self.format == LogFormat::Jsonl {
            return;
        }
        let mut shown = self.shown();
        let lines: Vec<String> = shown
            .lines
            .push(chunk)
            .iter()
            .map(|line| format!("{} | {line}", chunk.host))
            .collect();
        shown.print(&lines);
    }

    /// A remark for the person at the terminal.
    pub(crate) fn say(&self, remark: &str) {
        self.shown().say(remark);
    }

    /// Shows how the job ended.
    pub(crate) fn finish(&self) -> io::Result<()> {
        let mut shown = self.shown();
        if let Some(bars) = shown.bars.take() {
            bars.finish();
            // The last status line is left without an end.
            note("");
        }
        if self.format == LogFormat::Jsonl || shown.unread {
            return Ok(());
        }
        let mut out = io::stdout().lock();
        write!(out, "\n{}", Summary::of(&shown.watch))?;
        out.flush()
    }

    fn shown(&self) -> MutexGuard<'_, Shown> {
        // What is shown may be half a line short after a panic, never wrong.
        self.shown.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Shown {
    fn print(&mut self, lines: &[String]) {
        if self.unread || lines.is_empty() {
            return;
        }
        let text: String = lines.iter().flat_map(|line| [line.as_str(), "\n"]).collect();
        let write = || {
            let mut out = io::stdout().lock();
            out.write_all(text.as_bytes()).and_then(|()| out.flush())
        };
        let written = match &self.bars {
            Some(bars) => bars.above(write),
            None => write(),
        };
        self.unread = written.is_err();
    }

    fn say(&self, remark: &str) {
        match &self.bars {
            Some(bars) => bars.above(|| note(remark)),
            None => note(remark),
        }
    }
}

/// Says what a reader should know.
pub(crate) fn remark(message: &str) {
    note(message);
}

/// Says what is wrong.
pub(crate) fn complain(message: &str) {
    note(&format!("error: {message}"));
}

/// Writes to standard error; where that is closed, there is nobody to tell.
fn note(text: &str) {
    let _ = writeln!(io::stderr().lock(), "{text}");
}
