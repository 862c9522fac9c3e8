//! Serializes access to standard output and standard error.

#[cfg(feature = "store")]
mod kept;
mod remarks;

use std::io::{self, IsTerminal};
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

#[cfg(feature = "store")]
pub(crate) use kept::OutputAt;
use pogo_core::Timestamp;
use pogo_core::dispatcher::{Clock, Notice, Observer, OutputChunk, SystemClock};
use pogo_core::scheduler::{Actor, Event, Record, TaskEvent, TaskEventKind};
use pogo_ssh::FirstContacts;
use tokio::sync::Notify;

use super::busy::BusyHosts;
use super::destination::Destination;
use super::first_contacts::contact_remarks;
use super::folding::{self, FoldStyle, Outputs};
use super::frames::{self, Frame};
use super::host_state::HostState;
use super::lines::{Lines, PrintedLines};
use super::other_orders::OtherOrders;
use super::pane::Pane;
use super::prompt::OpenPrompt;
use super::records::Records;
use super::span::span;
use super::visible::{visible, visible_lines};
use super::{JobProgress, OutputTails, Summary, terminal};
use crate::cli::{LogFormat, Verbosity};
use crate::exit::CliError;

/// Shows a job: hosts' output or events on standard output, progress and remarks on standard error.
pub(crate) struct Screen {
    format: LogFormat,
    shown: Arc<Mutex<ScreenState>>,
    drawing: frames::Drawing,
    cannot_write: Notify,
}

struct ScreenState {
    progress: JobProgress,
    lines: Lines,
    records: Records,
    /// A reused buffer of lines.
    printed: PrintedLines,
    out: Destination,
    /// The event log beside the screen.
    log: Option<Destination>,
    tails: OutputTails,
    /// Hosts' outputs, if they are folded at the end.
    folded: Option<(Outputs, FoldStyle)>,
    pane: Pane,
    verbosity: Verbosity,
    /// The job goes on after this program, so that it can be steered.
    is_kept: bool,
    /// Whether it was said what holds the job back.
    told_blocked: bool,
    /// Hosts that are met for the first time: one line lists all.
    contacts: FirstContacts,
    busy: BusyHosts,
    orders: OtherOrders,
}

impl Screen {
    pub(crate) fn new(format: LogFormat) -> Self {
        let live = format == LogFormat::Text && io::stderr().is_terminal();
        let shown = ScreenState {
            progress: JobProgress::default(),
            lines: Lines::default(),
            records: Records::default(),
            printed: PrintedLines::default(),
            out: Destination::stdout(),
            log: None,
            tails: OutputTails::default(),
            folded: None,
            pane: Pane::new(live),
            verbosity: Verbosity::default(),
            is_kept: false,
            told_blocked: false,
            contacts: FirstContacts::default(),
            busy: BusyHosts::default(),
            orders: OtherOrders::default(),
        };
        let shown = Arc::new(Mutex::new(shown));
        Self {
            format,
            drawing: frames::Drawing::of(live.then(|| Arc::downgrade(&shown))),
            shown,
            cannot_write: Notify::new(),
        }
    }

    /// Enables an event log in this file, beside what is shown.
    pub(crate) fn with_log(self, file: Option<&Path>) -> io::Result<Self> {
        self.shown().log = file.map(Destination::file).transpose()?;
        Ok(self)
    }

    /// Shows outputs that are the same once, when the job is over.
    pub(crate) fn folding(self, style: Option<FoldStyle>) -> Self {
        self.shown().folded = style.map(|style| (Outputs::default(), style));
        self
    }

    /// Orders of this actor are not remarked on: whoever watches gave them.
    pub(crate) fn watched_by(&self, actor: &Actor) {
        self.shown().orders = OtherOrders::than(actor);
    }

    /// Prints more or less.
    pub(crate) fn verbosity(self, verbosity: Verbosity) -> Self {
        let mut shown = self.shown();
        shown.verbosity = verbosity;
        if verbosity.quiet {
            shown.pane.be_still();
        }
        drop(shown);
        self
    }

    /// The time of the job passes so many times faster than here.
    pub(crate) fn speed(self, speed: f64) -> Self {
        self.shown().pane.speed = speed;
        self
    }

    /// Adds lines to the event log, in front of the events.
    pub(crate) fn log(&self, lines: &str) {
        self.record(&mut self.shown(), |_, text| text.extend_from_slice(lines.as_bytes()));
    }

    /// Makes room for a question, until [`close_prompt`](Self::close_prompt).
    pub(crate) fn open_prompt(&self, prompt: OpenPrompt) {
        self.shown().pane.open_prompt(prompt);
    }

    /// The question has its answer.
    pub(crate) fn close_prompt(&self) {
        let ScreenState { pane, progress, .. } = &mut *self.shown();
        pane.close_prompt(progress);
    }

    /// Whether status lines show how the job is doing.
    pub(crate) fn is_live(&self) -> bool {
        self.shown().pane.is_live()
    }

    /// Lines on standard output.
    pub(crate) fn print(&self, text: impl std::fmt::Display) -> io::Result<()> {
        terminal::print(&text.to_string())
    }

    /// A remark for the person at the terminal.
    pub(crate) fn say(&self, remark: &str) {
        self.shown().say(remark);
    }

    /// Waits until a write fails. A closed pipe is no failure.
    pub(crate) async fn cannot_write(&self) {
        self.cannot_write.notified().await;
    }

    /// Shows the job's state when the program leaves before its end: running hosts are in doubt.
    pub(crate) fn leave(&self) {
        self.shown().progress.leave();
        let _ = self.finish();
    }

    /// Shows the summary. An error says what could not be written.
    pub(crate) fn finish(&self) -> Result<(), CliError> {
        self.drawing.stop();
        let mut shown = self.shown();
        shown.pane.end();
        shown.tell_orders();
        self.unfold(&mut shown);
        self.record(&mut shown, |records, text| records.finish(text));
        // It holds nothing that could not be written as JSON.
        let limits = shown.progress.limits_line().ok().flatten().unwrap_or_default();
        self.record(&mut shown, |_, text| text.extend_from_slice(limits.as_bytes()));
        let in_doubt = shown.progress.in_doubt();
        contact_remarks(&shown.contacts).iter().for_each(|line| shown.say(line));
        if self.format == LogFormat::Text {
            let summary = format!("\n{}", Summary::of(&shown.progress, &shown.tails).kept(shown.is_kept));
            let written = shown.out.write(visible_lines(&summary).as_bytes());
            self.failed(&mut shown, written);
        }
        // Reported here if the summary does not: these may still be running.
        if let Some(in_doubt) = in_doubt.filter(|_| self.format == LogFormat::Jsonl || !shown.out.is_open()) {
            shown.say(&in_doubt);
        }
        let failures = [Some(&shown.out), shown.log.as_ref()];
        match failures.into_iter().flatten().find_map(Destination::failure) {
            Some(failure) => Err(CliError::Broken(failure)),
            None => Ok(()),
        }
    }

    /// Adds lines to the event log, wherever there is one.
    fn record<T>(&self, shown: &mut ScreenState, add: impl FnOnce(&mut Records, &mut Vec<u8>) -> T) {
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

    /// Handles the beginning or end of an attempt.
    fn task(&self, shown: &mut ScreenState, event: &Event) {
        let Event::Task(TaskEvent { host, kind, .. }) = event else {
            return;
        };
        if let Some(attempt) = event.started()
            && let Some((outputs, _)) = &mut shown.folded
        {
            outputs.begin(host, attempt);
        }
        if let Some(attempt) = event.ended() {
            let failed = !matches!(kind, TaskEventKind::Succeeded { .. });
            shown.tails.end(host, attempt, failed);
            match &mut shown.folded {
                Some((outputs, _)) => outputs.end(host, attempt),
                None => self.lines(shown, |lines, printed| lines.end(attempt, host, printed)),
            }
        }
    }

    /// Prints the outputs that were folded.
    fn unfold(&self, shown: &mut ScreenState) {
        if let Some((mut outputs, style)) = shown.folded.take() {
            let (out, err) = folding::print(&mut outputs, style, |host| shown.progress.rank(host));
            self.put(shown, &out);
            terminal::write_err(&err);
        }
    }

    /// Prints the lines that this adds.
    fn lines(&self, shown: &mut ScreenState, add: impl FnOnce(&mut Lines, &mut PrintedLines)) {
        if shown.verbosity.quiet {
            return;
        }
        let mut printed = std::mem::take(&mut shown.printed);
        add(&mut shown.lines, &mut printed);
        self.put(shown, &printed.out);
        if !printed.err.is_empty() {
            shown.pane.above_err(|| terminal::write_err(&printed.err));
        }
        let PrintedLines { out, err } = printed;
        shown.printed = PrintedLines {
            out: emptied(out),
            err: emptied(err),
        };
    }

    /// Prints whole lines that have nothing raw in them, in one piece.
    fn put(&self, shown: &mut ScreenState, text: &[u8]) {
        if !shown.out.is_open() || text.is_empty() {
            return;
        }
        let ScreenState { out, pane, .. } = &mut *shown;
        let failure = pane.above_out(|| out.write(text));
        self.failed(shown, failure);
    }

    fn failed(&self, shown: &mut ScreenState, failure: Option<String>) {
        if let Some(failure) = failure {
            shown.say(&failure);
            self.cannot_write.notify_one();
        }
    }

    fn shown(&self) -> MutexGuard<'_, ScreenState> {
        // Poisoning is harmless: at most half a line is missing after a panic.
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

impl Observer for Screen {
    fn event(&self, record: &Record) {
        let mut shown = self.shown();
        let changed = shown.progress.note(record);
        let ago = match shown.is_kept {
            true => SystemClock.now() - record.at,
            false => Duration::ZERO,
        };
        shown.pane.noted(ago);
        self.record(&mut shown, |records, text| records.event(record, text));
        if let Event::Task(event) = &record.event {
            shown.contacts.read_event(event);
        }
        if self.format == LogFormat::Jsonl {
            return;
        }
        if !shown.orders.note(record) {
            shown.tell_orders();
        }
        self.task(&mut shown, &record.event);
        if let Event::Task(TaskEvent { host, kind, .. }) = &record.event
            && let TaskEventKind::Slow { after, .. } = kind
        {
            shown.say(&format!("{host} is slow: it has run for {}, and goes on", span(*after)));
        }
        if let Some(line) = shown.busy.note(&record.event) {
            shown.say(&line);
        }
        match changed {
            Some((host, HostState::Failed(_))) if shown.contacts.is_refused(host) => {}
            Some((host, HostState::Failed(why))) => shown.say(&format!("{host} failed: {}", visible(&why.to_string()))),
            Some((host, HostState::Running)) if shown.verbosity.verbose => shown.say(&format!("{host} started")),
            Some((host, HostState::Succeeded)) if shown.verbosity.verbose => shown.say(&format!("{host} succeeded")),
            Some((host, HostState::InDoubt(why))) => shown.say(&format!("{host} is in doubt: {}", visible(&why))),
            _ => {}
        }
    }

    fn notice(&self, notice: &Notice<'_>) {
        if let Notice::Committed { .. } = notice {
            self.shown().tell_orders();
        }
    }

    fn output(&self, chunk: &OutputChunk<'_>) {
        self.show_output(SystemClock.now(), chunk);
    }
}

impl Screen {
    /// Shows output that came at this time.
    fn show_output(&self, at: Timestamp, chunk: &OutputChunk<'_>) {
        let mut shown = self.shown();
        self.record(&mut shown, |records, text| records.output_at(at, chunk, text));
        if self.format == LogFormat::Jsonl {
            return;
        }
        shown.tails.push(chunk);
        match &mut shown.folded {
            Some((outputs, _)) => outputs.push(chunk),
            None => self.lines(&mut shown, |lines, printed| lines.push(chunk, printed)),
        }
    }
}

impl Frame for Mutex<ScreenState> {
    fn frame(&self) -> bool {
        let shown = &mut *self.lock().unwrap_or_else(PoisonError::into_inner);
        shown.tell_blocked();
        let ScreenState { pane, progress, .. } = shown;
        pane.draw(progress);
        pane.is_live()
    }
}
