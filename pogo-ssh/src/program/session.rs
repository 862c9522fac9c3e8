//! Runs one session over a master connection.

use std::io;
use std::process::Stdio;
use std::time::Duration;

use futures::FutureExt;
use pogo_core::dispatcher::Stream;
use pogo_core::scheduler::Phase;
use secrecy::ExposeSecret;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWriteExt};
use tokio::process::{Child, ChildStdin};
use tokio::sync::oneshot;
use tokio::time::{Instant, timeout, timeout_at};

use super::arguments;
use super::context::ProgramContext;
use super::master::command;
use super::session_end::SessionEnd;
use crate::exec::{
    CommandLine, ExitReport, GO, LINGER, LINGERS, Mark, MarkParser, NotStarted, PermissionRequest, Privilege,
    ProcessGroup, Session, SessionProgress, StopReason, ask_first, kill_line, until,
};
use crate::input::CommandInput;
use crate::output::Output;

/// The line of a session that reports its status: the program's own status may be that of its failure.
fn line_of(session: &Session) -> CommandLine {
    let done = session.marker.print("done %s", r#""$pogo_e""#);
    session.line_within("(\n", &format!("\n)\npogo_e=$?\n{done}\nexit \"$pogo_e\""))
}

/// Runs a session until it has ended or is given up; passes on its output and reports its phases. Returns the phase it
/// was in.
pub(super) async fn execute(
    context: &ProgramContext<'_>,
    session: &Session,
    input: &CommandInput,
    output: &mut Output,
) -> (Phase, ExitReport) {
    let progress = SessionProgress::new(session);
    let only_looking = match context.stop.wait().now_or_never() {
        Some(reason) => match session.only_looking() {
            // A command that succeeded is complete without post-hooks, even if its time limit was reached.
            Some(only_looking) => Some(only_looking),
            None => return (progress.phase(), NotStarted::Stopped(reason).into()),
        },
        None => None,
    };
    let session = only_looking.as_ref().unwrap_or(session);
    if session.is_forced()
        && let Err(reason) = ask_first(context.report, context.stop).await
    {
        return (progress.phase(), reason.into());
    }
    let (mut child, go) = match spawn(context, session, input) {
        Ok(spawned) => spawned,
        Err(error) => {
            let refused = ExitReport::refused(format!("the ssh program does not start: {error}"));
            return (progress.phase(), refused);
        }
    };
    if session.is_forced() {
        context.report.phase(Phase::Command);
    }
    let mut running = RunningSession {
        stdout: child.stdout.take(),
        stderr: child.stderr.take(),
        child,
        output,
        marks: MarkParser::new(&session.marker.prefix()),
        marked: if session.pty { Stream::Stdout } else { Stream::Stderr },
        end: SessionEnd::new(progress),
        permission: PermissionRequest::default(),
        refused: None,
        go,
    };
    let ended = running.run(context, session).await;
    (running.end.progress.phase(), ended)
}

/// Starts the ssh program for this session, and what writes its input. Gives what lets the command begin, if it waits.
fn spawn(
    context: &ProgramContext<'_>,
    session: &Session,
    input: &CommandInput,
) -> io::Result<(Child, Option<oneshot::Sender<()>>)> {
    let line = line_of(session);
    let mut ssh = command(
        context.program,
        arguments::session(&context.master.socket, session.pty, &line.text),
        context.secret,
    );
    // Without input the command reads end of file at once, instead of waiting on a pipe that
    // nobody writes.
    let nothing = line.input.is_none() && input.is_empty() && !session.has_gate();
    let mut child = ssh
        .stdin(if nothing { Stdio::null() } else { Stdio::piped() })
        .spawn()?;
    let (go, gate) = match session.has_gate() {
        true => {
            let (go, gate) = oneshot::channel();
            (Some(go), Some(gate))
        }
        false => (None, None),
    };
    if let Some(to) = child.stdin.take() {
        tokio::spawn(feed(to, (line.input, gate), input.clone()));
    }
    Ok((child, go))
}

/// Writes the rest of the script, then `go` once permitted, then the command's input, and EOF.
/// The reader may close the pipe before.
async fn feed(
    mut pipe: ChildStdin,
    (first, gate): (Option<String>, Option<oneshot::Receiver<()>>),
    input: CommandInput,
) {
    if pipe.write_all(first.unwrap_or_default().as_bytes()).await.is_err() {
        return;
    }
    if let Some(gate) = gate
        && (gate.await.is_err() || pipe.write_all(GO.as_bytes()).await.is_err())
    {
        return;
    }
    if let Some(secrets) = input.secrets
        && pipe.write_all(secrets.expose_secret().as_bytes()).await.is_err()
    {
        return;
    }
    let Some(content) = input.stdin else { return };
    let mut offset = 0;
    while let Ok(block) = content.block(offset).await {
        if block.is_empty() || pipe.write_all(&block).await.is_err() {
            return;
        }
        offset += block.len() as u64;
    }
    // After a read error a part must not look like the whole: the pipe stays open until the attempt's end.
    std::future::pending().await
}

struct RunningSession<'a> {
    child: Child,
    stdout: Option<tokio::process::ChildStdout>,
    stderr: Option<tokio::process::ChildStderr>,
    output: &'a mut Output,
    marks: MarkParser,
    /// The stream with the marks: a terminal merges both into one.
    marked: Stream,
    end: SessionEnd,
    permission: PermissionRequest,
    /// Why permission was refused.
    refused: Option<NotStarted>,
    /// Sends `go`; dropping it means that it is never sent.
    go: Option<oneshot::Sender<()>>,
}

impl RunningSession<'_> {
    async fn run(&mut self, context: &ProgramContext<'_>, session: &Session) -> ExitReport {
        let ended = match self.until_end_or_stop(context).await {
            Ok(ended) => return ended,
            Err(reason) => reason,
        };
        let (grace, give_up) = context.stop.schedule(ended);
        match timeout_at(give_up, self.end(context, session, (ended, grace))).await {
            Ok(ended) => ended,
            Err(_) => ExitReport::NotStopped(ended),
        }
    }

    /// Waits for its end, or for a reason to end it.
    async fn until_end_or_stop(&mut self, context: &ProgramContext<'_>) -> Result<ExitReport, StopReason> {
        let stopped = context.stop.wait();
        tokio::pin!(stopped);
        let mut linger_until = None;
        loop {
            let behind = self.output.is_behind();
            tokio::select! {
                biased;
                reason = &mut stopped => match self.end.done {
                    Some(_) => break,
                    None if self.end.progress.is_shut() => {
                        return Ok(self.keep_shut(NotStarted::Stopped(reason).into()));
                    }
                    None => return Err(reason),
                },
                () = until(linger_until), if !behind => {
                    self.output.note(LINGERS);
                    break;
                }
                goes_on = self.more_once_flushed(context) => if !goes_on { break },
            }
            if behind {
                // The host could not end its output while we waited.
                linger_until = linger_until.map(|_| Instant::now() + LINGER);
            }
            if let Some(reason) = self.refused.take() {
                return Ok(self.keep_shut(reason.into()));
            }
            if self.end.done.is_some() && linger_until.is_none() {
                linger_until = Some(Instant::now() + LINGER);
            }
        }
        if linger_until.is_none() {
            self.end.program = self.child.wait().await.ok().and_then(|status| status.code());
        }
        Ok(self.end.exit_report())
    }

    fn give_the_word(&mut self) {
        self.end.progress.open();
        if let Some(go) = self.go.take() {
            let _ = go.send(());
        }
    }

    /// Closes the input of a session at its gate: without `go` it ends.
    fn keep_shut(&mut self, why: ExitReport) -> ExitReport {
        self.go = None;
        why
    }

    /// Ends the session: TERM, and KILL after the grace.
    async fn end(
        &mut self,
        context: &ProgramContext<'_>,
        session: &Session,
        (reason, grace): (StopReason, Duration),
    ) -> ExitReport {
        self.output.hurry();
        let Some(groups) = self.groups_to_end(context).await else {
            return self.end.exit_report();
        };
        // A success from here on may come from a session that gave up because of the signal.
        let looks_for_hooks = self.end.progress.looks_for_post_hooks();
        let privilege = if groups.1.is_some() {
            &session.privilege
        } else {
            &Privilege::Login
        };
        let line = kill_line(privilege, groups, grace);
        let words = arguments::session(&context.master.socket, false, &line.text);
        // A second session over the same master kills: closing the first one's pipes would end
        // `ssh` here and leave the command running on a host without a terminal.
        let killing = command(context.program, words, context.secret)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status();
        tokio::pin!(killing);
        let mut open = true;
        let killed = loop {
            tokio::select! {
                biased;
                killed = &mut killing => break killed.ok().and_then(|status| status.code()),
                goes_on = self.more(context), if open => open = goes_on,
            }
        };
        match killed {
            Some(0) if looks_for_hooks => {
                let _ = timeout(LINGER, self.until_told(context, open)).await;
                self.end.progress.ended_while_looking(self.end.done, reason)
            }
            Some(0) => ExitReport::Stopped(reason),
            Some(3) => {
                self.until_told(context, open).await;
                let not_run = self.end.progress.hooks_not_run(self.end.done, reason);
                not_run.unwrap_or_else(|| self.end.exit_report())
            }
            _ => ExitReport::NotStopped(reason),
        }
    }

    /// The groups to end, whose mark may not have arrived yet; `None` once the session has ended.
    async fn groups_to_end(&mut self, context: &ProgramContext<'_>) -> Option<(ProcessGroup, Option<ProcessGroup>)> {
        loop {
            if let Some(groups) = self.end.progress.groups().filter(|_| !self.end.progress.may_ask()) {
                return Some(groups);
            }
            if !self.more(context).await {
                self.end.program = self.child.wait().await.ok().and_then(|status| status.code());
                return None;
            }
        }
    }

    async fn until_told(&mut self, context: &ProgramContext<'_>, mut open: bool) {
        while open && self.end.done.is_none() {
            open = self.more(context).await;
        }
    }

    /// Flushes what is held back, or reads more; false at the end of the output.
    async fn more_once_flushed(&mut self, context: &ProgramContext<'_>) -> bool {
        if self.output.is_behind() {
            self.output.flush().await;
            return true;
        }
        self.more(context).await
    }

    /// Reads a chunk of output; false at its end.
    async fn more(&mut self, context: &ProgramContext<'_>) -> bool {
        let (mut out, mut err) = ([0; 8192], [0; 8192]);
        tokio::select! {
            biased;
            answer = self.permission.answered() => {
                match answer {
                    Ok(()) => self.give_the_word(),
                    Err(reason) => self.refused = Some(reason),
                }
                return true;
            },
            read = piece(&mut self.stderr, &mut err) => match read {
                Ok(count @ 1..) => self.take(context, Stream::Stderr, err.get(..count).unwrap_or_default()),
                _ => self.stderr = None,
            },
            read = piece(&mut self.stdout, &mut out) => match read {
                Ok(count @ 1..) => self.take(context, Stream::Stdout, out.get(..count).unwrap_or_default()),
                _ => self.stdout = None,
            },
        }
        let goes_on = self.stdout.is_some() || self.stderr.is_some();
        if !goes_on {
            self.finish();
        }
        goes_on
    }

    fn take(&mut self, context: &ProgramContext<'_>, stream: Stream, bytes: &[u8]) {
        if stream != self.marked {
            return self.pass_on(stream, bytes);
        }
        let (rest, marks) = self.marks.take(bytes);
        self.pass_on(stream, &rest);
        for mark in marks {
            match mark {
                Mark::Done(status) => self.end.done = Some(status),
                mark => self.permission.take(mark, &mut self.end.progress, context.report),
            }
        }
    }

    fn pass_on(&mut self, stream: Stream, bytes: &[u8]) {
        let has_begun = self.end.progress.has_begun();
        if !has_begun || stream == self.marked {
            self.end.progress.note_output(bytes);
        }
        // Before the beginning it may be the program's own message.
        if !has_begun && stream == Stream::Stderr && self.end.complaints.len() < 4096 {
            self.end.complaints.push_str(&String::from_utf8_lossy(bytes));
        }
        self.output.take(stream, bytes);
    }

    /// Passes on the bytes that were held back as a possible mark.
    fn finish(&mut self) {
        let rest = self.marks.finish();
        self.pass_on(self.marked, &rest);
    }
}

/// Reads a chunk; pending for ever after the end.
async fn piece(from: &mut Option<impl AsyncRead + Unpin>, buffer: &mut [u8]) -> io::Result<usize> {
    match from {
        Some(from) => from.read(buffer).await,
        None => std::future::pending().await,
    }
}
