//! Standard output and standard error, shared by everything that happens at once.

use std::io::{self, IsTerminal};
use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};

use pogo_core::dispatcher::OutputChunk;
use pogo_core::scheduler::{Event, Record};
use tokio::sync::Notify;

use super::bars::Bars;
use super::destination::Destination;
use super::lines::{Lines, Printed};
use super::records::Records;
use super::span::span;
use super::visible::{visible, visible_lines};
use super::watch::HostState;
use super::{Summary, Watch, terminal};
use crate::ask::OpenPrompt;
use crate::cli::LogFormat;
use crate::exit::Stop;

/// Shows a job: hosts' output or events on standard output, progress and remarks on standard error.
pub(crate) struct Screen {
    format: LogFormat,
    shown: Mutex<Shown>,
    cannot_write: Notify,
}

struct Shown {
    watch: Watch,
    lines: Lines,
    records: Records,
    /// Lines on their way; their room is used again.
    printed: Printed,
    out: Destination,
    /// The event log beside the screen.
    log: Option<Destination>,
    bars: Option<Bars>,
    /// A question that waits for its answer below everything else; status lines are not shown meanwhile.
    prompt: Option<OpenPrompt>,
    live: bool,
}

impl Screen {
    pub(crate) fn new(format: LogFormat) -> Self {
        let live = format == LogFormat::Text && io::stderr().is_terminal();
        let shown = Shown {
            watch: Watch::default(),
            lines: Lines::default(),
            records: Records::default(),
            printed: Printed::default(),
            out: Destination::stdout(),
            log: None,
            bars: None,
            prompt: None,
            live,
        };
        Self {
            format,
            shown: Mutex::new(shown),
            cannot_write: Notify::new(),
        }
    }

    /// Enables an event log in this file, beside what is shown.
    pub(crate) fn with_log(mut self, file: Option<&Path>) -> io::Result<Self> {
        let shown = self.shown.get_mut().unwrap_or_else(PoisonError::into_inner);
        shown.log = file.map(Destination::file).transpose()?;
        Ok(self)
    }

    /// Adds lines to the event log, in front of the events.
    pub(crate) fn log(&self, lines: &str) {
        self.record(&mut self.shown(), |_, text| text.extend_from_slice(lines.as_bytes()));
    }

    pub(crate) fn event(&self, record: &Record) {
        let mut shown = self.shown();
        let changed = shown.watch.note(record);
        self.record(&mut shown, |records, text| records.event(record, text));
        if self.format == LogFormat::Jsonl {
            return;
        }
        if let Event::TaskSucceeded { attempt, host, .. }
        | Event::TaskFailed { attempt, host, .. }
        | Event::TaskInDoubt { attempt, host, .. } = &record.event
        {
            self.lines(&mut shown, |lines, printed| lines.end(*attempt, host, printed));
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
        let mut shown = self.shown();
        self.record(&mut shown, |records, text| records.output(chunk, text));
        if self.format != LogFormat::Jsonl {
            self.lines(&mut shown, |lines, printed| lines.push(chunk, printed));
        }
    }

    /// A remark for the person at the terminal.
    pub(crate) fn say(&self, remark: &str) {
        self.shown().say(remark);
    }

    /// Waits until something that was to be written could not be; that nobody reads it is no such thing.
    pub(crate) async fn cannot_write(&self) {
        self.cannot_write.notified().await;
    }

    /// Shows how the job stands when the program ends before it: what runs is in doubt.
    pub(crate) fn leave(&self) {
        self.shown().watch.leave();
        let _ = self.finish();
    }

    /// Shows how the job ended. An error says what could not be written.
    pub(crate) fn finish(&self) -> Result<(), Stop> {
        let mut shown = self.shown();
        if let Some(bars) = shown.bars.take() {
            bars.finish();
            // The last status line is left without an end.
            terminal::remark("");
        }
        self.record(&mut shown, |records, text| records.finish(text));
        let in_doubt = shown.watch.in_doubt();
        if self.format == LogFormat::Text {
            let summary = format!("\n{}", Summary::of(&shown.watch));
            let written = shown.out.write(visible_lines(&summary).as_bytes());
            self.failed(&shown, written);
        }
        // Where the summary does not say so, something else has to: these may still be running.
        if let Some(in_doubt) = in_doubt.filter(|_| self.format == LogFormat::Jsonl || !shown.out.is_open()) {
            shown.say(&in_doubt);
        }
        let failures = [Some(&shown.out), shown.log.as_ref()];
        match failures.into_iter().flatten().find_map(Destination::failure) {
            Some(failure) => Err(Stop::Broken(failure)),
            None => Ok(()),
        }
    }

    /// Adds lines to the event log, wherever there is one.
    fn record<T>(&self, shown: &mut Shown, add: impl FnOnce(&mut Records, &mut Vec<u8>) -> T) {
        let on_screen = self.format == LogFormat::Jsonl && shown.out.is_open();
        if !on_screen && !shown.log.as_ref().is_some_and(Destination::is_open) {
            return;
        }
        let mut text = std::mem::take(&mut shown.printed.out);
        add(&mut shown.records, &mut text);
        let failure = shown.log.as_mut().and_then(|log| log.write(&text));
        self.failed(shown, failure);
        if on_screen {
            self.put(shown, &text);
        }
        shown.printed.out = emptied(text);
    }

    /// Prints the lines that this adds.
    fn lines(&self, shown: &mut Shown, add: impl FnOnce(&mut Lines, &mut Printed)) {
        let mut printed = std::mem::take(&mut shown.printed);
        add(&mut shown.lines, &mut printed);
        self.put(shown, &printed.out);
        if !printed.err.is_empty() {
            above((&shown.prompt, &shown.bars), || terminal::write_err(&printed.err));
        }
        let Printed { out, err } = printed;
        shown.printed = Printed {
            out: emptied(out),
            err: emptied(err),
        };
    }

    /// Prints whole lines that have nothing raw in them, in one piece.
    fn put(&self, shown: &mut Shown, text: &[u8]) {
        if !shown.out.is_open() || text.is_empty() {
            return;
        }
        let Shown { out, prompt, bars, .. } = &mut *shown;
        let failure = above((prompt, bars), || out.write(text));
        self.failed(shown, failure);
    }

    fn failed(&self, shown: &Shown, failure: Option<String>) {
        if let Some(failure) = failure {
            shown.say(&failure);
            self.cannot_write.notify_one();
        }
    }

    fn shown(&self) -> MutexGuard<'_, Shown> {
        // What is shown may be half a line short after a panic, never wrong.
        self.shown.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// More room than this is not kept for the next lines.
const ROOM: usize = 1 << 20;

fn emptied(mut text: Vec<u8>) -> Vec<u8> {
    text.clear();
    text.shrink_to(ROOM);
    text
}

impl Shown {
    fn say(&self, remark: &str) {
        above((&self.prompt, &self.bars), || terminal::remark(remark));
    }
}

/// Prints above what is to stay below: a question, or status lines.
fn above<T>(below: (&Option<OpenPrompt>, &Option<Bars>), print: impl FnOnce() -> T) -> T {
    match below {
        (Some(prompt), _) => prompt.above(print),
        (None, Some(bars)) => bars.above(print),
        (None, None) => print(),
    }
}
