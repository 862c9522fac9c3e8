//! Runs a program for its output, within limits of time and size.

use std::ffi::OsString;
use std::fmt;
use std::io::{self, Read};
use std::process::{Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread;
use std::time::{Duration, Instant};

use pogo_core::fleet::is_invisible;
use pogo_core::inventory::{Diagnostic, InventoryError};

use crate::file::MAX_BYTES;

/// How many bytes of a failed program's standard error are shown.
const SHOWN_COMPLAINTS: usize = 2_000;

/// A program with its arguments and limits.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Program {
    pub(crate) program: OsString,
    pub(crate) args: Vec<OsString>,
    pub(crate) timeout: Duration,
}

impl fmt::Debug for Program {
    /// Omits the arguments, which may contain secrets.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Program")
            .field("program", &self.program)
            .field("timeout", &self.timeout)
            .finish_non_exhaustive()
    }
}

/// An event of a running program.
enum ProgramEvent {
    /// All that it printed, once it has closed the stream.
    Stdout(io::Result<Vec<u8>>),
    /// All that it wrote to standard error.
    Stderr(Vec<u8>),
    /// It has ended.
    Ended(io::Result<ExitStatus>),
}

impl Program {
    /// The name for messages: arguments may contain secrets.
    pub(crate) fn name(&self) -> String {
        self.program.to_string_lossy().into_owned()
    }

    /// Runs it to its end and returns its output. Waits no longer than the time limit, even for background processes.
    pub(crate) fn run(&self, extra: &[&str]) -> Result<String, InventoryError> {
        let deadline = Instant::now() + self.timeout;
        let mut command = Command::new(&self.program);
        command.args(&self.args).args(extra).stdin(Stdio::null());
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        // Its own process group, so that its children can be killed with it.
        #[cfg(unix)]
        std::os::unix::process::CommandExt::process_group(&mut command, 0);
        let mut child = command.spawn().map_err(|error| self.unavailable(&describe(&error)))?;
        let id = child.id();
        let (sender, events) = channel();
        if let Some(pipe) = child.stdout.take() {
            // Both pipes at the same time: a program that fills the one that nobody reads would
            // wait for ever.
            listen(pipe, sender.clone(), ProgramEvent::Stdout);
        }
        if let Some(pipe) = child.stderr.take() {
            listen(pipe, sender.clone(), |read| {
                ProgramEvent::Stderr(read.unwrap_or_default())
            });
        }
        // The standard library has no wait with a time limit.
        thread::spawn(move || sender.send(ProgramEvent::Ended(child.wait())));
        let result = self.wait(&events, deadline);
        // Also where it printed too much: nobody reads on, so it would wait at its pipe.
        if result.is_err() {
            end(id);
        }
        result
    }

    fn wait(&self, events: &Receiver<ProgramEvent>, deadline: Instant) -> Result<String, InventoryError> {
        let (mut stdout, mut stderr, mut status) = (None, None, None);
        // Whatever the program has left running keeps its pipes open: its end alone does not say
        // that its output is whole.
        while stdout.is_none() || stderr.is_none() || status.is_none() {
            match events.recv_timeout(deadline.saturating_duration_since(Instant::now())) {
                Ok(ProgramEvent::Stdout(read)) => stdout = Some(self.bounded(read)?),
                Ok(ProgramEvent::Stderr(read)) => stderr = Some(read),
                Ok(ProgramEvent::Ended(ended)) => {
                    status = Some(ended.map_err(|error| self.unavailable(&error.to_string()))?)
                }
                Err(RecvTimeoutError::Timeout) => {
                    let limit = humantime::format_duration(self.timeout);
                    return Err(self.unavailable(&format!("did not end within {limit}, and was stopped")));
                }
                Err(RecvTimeoutError::Disconnected) => break,
            }
        }
        if let Some(status) = status.filter(|status| !status.success()) {
            let complaint = tail(&stderr.unwrap_or_default());
            return Err(self.unavailable(&format!("failed ({status}){complaint}")));
        }
        String::from_utf8(stdout.unwrap_or_default()).map_err(|_| self.invalid("printed bytes that are not UTF-8 text"))
    }

    fn bounded(&self, read: io::Result<Vec<u8>>) -> Result<Vec<u8>, InventoryError> {
        let bytes = read.map_err(|error| self.unavailable(&error.to_string()))?;
        if bytes.len() as u64 > MAX_BYTES {
            return Err(self.invalid(&format!("printed more than {} MiB, and was stopped", MAX_BYTES >> 20)));
        }
        Ok(bytes)
    }

    fn unavailable(&self, message: &str) -> InventoryError {
        InventoryError::unavailable(self.name(), message)
    }

    fn invalid(&self, message: &str) -> InventoryError {
        InventoryError::Invalid(vec![Diagnostic::new(self.name(), message)])
    }
}

fn listen(
    pipe: impl Read + Send + 'static,
    sender: Sender<ProgramEvent>,
    event: fn(io::Result<Vec<u8>>) -> ProgramEvent,
) {
    thread::spawn(move || {
        let mut bytes = Vec::new();
        // One byte more than is allowed tells too much from just enough.
        let read = pipe.take(MAX_BYTES + 1).read_to_end(&mut bytes);
        // After a timeout the receiver is gone.
        let _ = sender.send(event(read.map(|_| bytes)));
    });
}

/// Kills the program's process group.
fn end(id: u32) {
    #[cfg(unix)]
    if let Some(group) = i32::try_from(id).ok().and_then(rustix::process::Pid::from_raw) {
        // It may have ended already.
        let _ = rustix::process::kill_process_group(group, rustix::process::Signal::KILL);
    }
    #[cfg(not(unix))]
    let _ = id;
}

fn describe(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::NotFound => "no such program".to_owned(),
        io::ErrorKind::PermissionDenied => "may not be run; is it executable?".to_owned(),
        _ => format!("cannot be run: {error}"),
    }
}

/// The end of a program's standard error, without control characters.
fn tail(bytes: &[u8]) -> String {
    let text = String::from_utf8_lossy(bytes);
    let skipped = text.chars().count().saturating_sub(SHOWN_COMPLAINTS);
    // The end, since programs say at last why they give up, after all that went well.
    let shown: String = text.trim_end().chars().skip(skipped).collect();
    let steers = |c: char| (c.is_control() && c != '\n') || is_invisible(c);
    // A terminal obeys control characters: what a service answers to the program must not move the
    // cursor.
    let harmless = |c: char| if steers(c) { '\u{fffd}' } else { c };
    let shown: String = shown.chars().map(harmless).collect();
    match (shown.is_empty(), skipped) {
        (true, _) => ", and said nothing".to_owned(),
        (false, 0) => format!(":\n{shown}"),
        (false, _) => format!(":\n…{shown}"),
    }
}
