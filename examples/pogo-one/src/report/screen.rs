//! Standard output and standard error, shared by everything that happens at once.

use std::io::{self, IsTerminal};
use std::sync::{Mutex, MutexGuard, PoisonError};

use pogo_core::dispatcher::OutputChunk;
use pogo_core::scheduler::{Event, Record};

use super::bars::Bars;
use super::lines::Lines;
use super::span::span;
use super::visible::visible;
use super::watch::HostState;
use super::{Summary, Watch, terminal};
use crate::ask::OpenPrompt;
use crate::cli::LogFormat;

/// Shows a job: hosts' output or events on standard output, progress and remarks on standard error.
pub(crate) struct Screen {
    format: LogFormat,
    shown: Mutex<Shown>,
}

struct Shown {
    watch: Watch,
    lines: Lines,
    /// Lines on their way to standard output; its room is used again.
    text: Vec<u8>,
    bars: Option<Bars>,
    /// A question that waits for its answer below everything else; status lines are not shown meanwhile.
    prompt: Option<OpenPrompt>,
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
            text: Vec::new(),
            bars: None,
            prompt: None,
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
            if let Ok(line) = terminal::json_line(record) {
                shown.print(line.as_bytes());
            }
            return;
        }
        if let Event::TaskSucceeded { attempt, host, .. }
        | Event::TaskFailed { attempt, host, .. }
        | Event::TaskInDoubt { attempt, host, .. } = &record.event
        {
            shown.lines(|lines, text| lines.end(*attempt, host, text));
        }
        if let Event::TaskSlow { host, after, .. } = &record.event {
            shown.say(&format!("{host} is slow: it has run for {}, and goes on", span(*after)));
        }
        match changed {
            Some((host, HostState::Failed(why))) => shown.say(&format!("{host} failed: {}", visible(&why))),
            Some((host, HostState::InDoubt(why))) => shown.say(&format!("{host} is in doubt: {}", visible(&why))),
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

    /// Makes room for a question, until [`close_prompt`](Self::close_prompt).
    pub(crate) fn open_prompt(&self, prompt: OpenPrompt) {
        let mut shown = self.shown();
        if let Some(bars) = &shown.bars {
            bars.hide();
        }
        shown.prompt = Some(prompt);
    }

    /// The question has its answer.
    pub(crate) fn close_prompt(&self) {
        let mut shown = self.shown();
        if let Some(prompt) = shown.prompt.take() {
            // It may have been written once more after the answer.
            prompt.erase();
        }
        if let Some(bars) = &shown.bars {
            bars.show(&shown.watch);
        }
    }

    /// Whether status lines show how the job is doing.
    pub(crate) fn is_live(&self) -> bool {
        self.shown().live
    }

    /// Lines on standard output.
    pub(crate) fn print(&self, text: impl std::fmt::Display) -> io::Result<()> {
        terminal::print(&text.to_string())
    }

    pub(crate) fn output(&self, chunk: &OutputChunk<'_>) {
        if self.format != LogFormat::Jsonl {
            self.shown().lines(|lines, text| lines.push(chunk, text));
        }
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
            terminal::remark("");
        }
        if self.format == LogFormat::Jsonl || shown.unread {
            return Ok(());
        }
        terminal::print(&format!("\n{}", Summary::of(&shown.watch)))
    }

    fn shown(&self) -> MutexGuard<'_, Shown> {
        // What is shown may be half a line short after a panic, never wrong.
        self.shown.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Shown {
    /// More room than this is not kept for the next lines.
    const ROOM: usize = 1 << 20;

    /// Prints the lines that this adds to a text.
    fn lines(&mut self, add: impl FnOnce(&mut Lines, &mut Vec<u8>)) {
        let mut text = std::mem::take(&mut self.text);
        add(&mut self.lines, &mut text);
        self.print(&text);
        text.clear();
        text.shrink_to(Self::ROOM);
        self.text = text;
    }

    /// Prints whole lines that have nothing raw in them, in one piece.
    fn print(&mut self, text: &[u8]) {
        if self.unread || text.is_empty() {
            return;
        }
        let written = self.above(|| terminal::write(text));
        self.unread = written.is_err();
    }

    fn say(&self, remark: &str) {
        self.above(|| terminal::remark(remark));
    }

    /// Prints above what is to stay below: a question, or status lines.
    fn above<T>(&self, print: impl FnOnce() -> T) -> T {
        match (&self.prompt, &self.bars) {
            (Some(prompt), _) => prompt.above(print),
            (None, Some(bars)) => bars.above(print),
            (None, None) => print(),
        }
    }
}
