//! One step, run by the program on a connection that it keeps.

use std::io;
use std::process::Stdio;
use std::sync::Arc;
use std::time::Duration;

use pogo_core::dispatcher::Stream;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWriteExt};
use tokio::process::{Child, ChildStdin};
use tokio::time::{Instant, sleep_until, timeout_at};

use super::arguments;
use super::master::command;
use super::told::Told;
use super::transport::Site;
use crate::exec::{Ended, Group, Mark, Marks, Step, StopReason, kill_line};
use crate::input::Content;
use crate::output::Output;
use crate::quote::quote_all;

/// How long output is still taken after the end, in case something in the background holds it open.
const LINGER: Duration = Duration::from_secs(2);

/// Runs `$1` and tells how it ended: the program's own status cannot be told from its failure. `$2` is a word that
/// nobody else knows.
const TELL: &str = r#"/bin/sh -c "$1"; s=$?; printf '\036pogo %s ended %s\n' "$2" "$s" >&2; exit "$s""#;

/// Runs a step, passing on its output, until it has ended or is given up.
pub(super) async fn execute(site: &Site<'_>, step: &Step, stdin: &Option<Arc<Content>>, output: &mut Output) -> Ended {
    let secret = site.transport.secret_word();
    let line = format!(
        "exec /bin/sh -c {}",
        quote_all([TELL, "sh", &step.script.text, &secret])
    );
    let mut ssh = command(
        &site.transport.program,
        arguments::session(&site.master.socket, step.pty, &line),
    );
    ssh.stdin(if stdin.is_some() { Stdio::piped() } else { Stdio::null() });
    let mut child = match ssh.spawn() {
        Ok(child) => child,
        Err(error) => return Ended::Refused(format!("the ssh program does not start: {error}")),
    };
    if let (Some(pipe), Some(content)) = (child.stdin.take(), stdin) {
        tokio::spawn(feed(pipe, Arc::clone(content)));
    }
    let mut session = Session {
        stdout: child.stdout.take(),
        stderr: child.stderr.take(),
        child,
        output,
        begins: step.marks(),
        ends: Marks::new(&format!("\x1epogo {secret} "), 1),
        group: None,
        told: Told::default(),
    };
    session.run(site, step).await
}

/// Writes all of it, and its end. Nobody may want to read it all.
async fn feed(mut pipe: ChildStdin, content: Arc<Content>) {
    let mut offset = 0;
    while let Ok(block) = content.block(offset).await {
        if block.is_empty() || pipe.write_all(&block).await.is_err() {
            return;
        }
        offset += block.len() as u64;
    }
    // The copy cannot be read any more, and a part must not look like the whole: the pipe stays open until the attempt's end.
    std::future::pending().await
}

struct Session<'a> {
    child: Child,
    stdout: Option<tokio::process::ChildStdout>,
    stderr: Option<tokio::process::ChildStderr>,
    output: &'a mut Output,
    begins: Marks,
    ends: Marks,
    group: Option<Group>,
    told: Told,
}

impl Session<'_> {
    async fn run(&mut self, site: &Site<'_>, step: &Step) -> Ended {
        let ended = match self.until_end_or_stop(site).await {
            Ok(()) => return std::mem::take(&mut self.told).meaning(),
            Err(reason) => reason,
        };
        let (grace, give_up) = site.stop.schedule(ended);
        match timeout_at(give_up, self.end(site, step, (ended, grace))).await {
            Ok(ended) => ended,
            Err(_) => Ended::NotStopped(ended),
        }
    }

    /// Until it has ended; or why it is to be ended.
    async fn until_end_or_stop(&mut self, site: &Site<'_>) -> Result<(), StopReason> {
        let stopped = site.stop.wait();
        tokio::pin!(stopped);
        let mut linger_until = None;
        loop {
            tokio::select! {
                biased;
                reason = &mut stopped => match self.told.ended {
                    Some(_) => break,
                    None => return Err(reason),
                },
                () = until(linger_until) => {
                    self.output.note("[something in the background holds the output open; not waiting for it]");
                    break;
                }
                goes_on = self.more() => if !goes_on { break },
            }
            if self.told.ended.is_some() && linger_until.is_none() {
                linger_until = Some(Instant::now() + LINGER);
            }
        }
        if linger_until.is_none() {
            self.told.program = self.child.wait().await.ok().and_then(|status| status.code());
        }
        Ok(())
    }

    /// Ends what runs: TERM, and KILL after the grace.
    async fn end(&mut self, site: &Site<'_>, step: &Step, (reason, grace): (StopReason, Duration)) -> Ended {
        // What to end is in the first mark, which may still be on its way.
        let group = loop {
            if let Some(group) = self.group {
                break group;
            }
            if !self.more().await {
                self.told.program = self.child.wait().await.ok().and_then(|status| status.code());
                return std::mem::take(&mut self.told).meaning();
            }
        };
        let line = kill_line(&step.way, group, grace);
        let words = arguments::session(&site.master.socket, false, &line);
        let killing = command(&site.transport.program, words)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status();
        tokio::pin!(killing);
        let mut open = true;
        let killed = loop {
            tokio::select! {
                biased;
                killed = &mut killing => break killed.ok().and_then(|status| status.code()),
                goes_on = self.more(), if open => open = goes_on,
            }
        };
        match killed {
            Some(0) => Ended::Stopped(reason),
            Some(3) => {
                while open && self.told.ended.is_none() {
                    open = self.more().await;
                }
                std::mem::take(&mut self.told).meaning()
            }
            _ => Ended::NotStopped(reason),
        }
    }

    /// Takes a piece of output; false at the end of it.
    async fn more(&mut self) -> bool {
        let (mut out, mut err) = ([0; 8192], [0; 8192]);
        tokio::select! {
            biased;
            read = piece(&mut self.stderr, &mut err) => match read {
                Ok(count @ 1..) => self.take_stderr(err.get(..count).unwrap_or_default()),
                _ => self.stderr = None,
            },
            read = piece(&mut self.stdout, &mut out) => match read {
                Ok(count @ 1..) => self.output.take(Stream::Stdout, out.get(..count).unwrap_or_default()),
                _ => self.stdout = None,
            },
        }
        let goes_on = self.stdout.is_some() || self.stderr.is_some();
        if !goes_on {
            self.finish();
        }
        goes_on
    }

    fn take_stderr(&mut self, bytes: &[u8]) {
        let (rest, begins) = self.begins.take(bytes);
        let (rest, ends) = self.ends.take(&rest);
        for mark in begins.into_iter().chain(ends) {
            match mark {
                Mark::Begun(group) => {
                    self.group = Some(group);
                    self.told.begun = true;
                }
                Mark::Hook(name) => self.told.hook = Some(name),
                Mark::Refused(reason) => self.told.refused = Some(reason),
                Mark::Ended(status) => self.told.ended = Some(status),
                _ => {}
            }
        }
        self.pass_on(&rest);
    }

    fn pass_on(&mut self, bytes: &[u8]) {
        // What comes before the beginning may be the program's own complaint.
        if !self.told.begun && self.told.complaints.len() < 4096 {
            self.told.complaints.push_str(&String::from_utf8_lossy(bytes));
        }
        self.output.take(Stream::Stderr, bytes);
    }

    /// What was held back in case it was a mark.
    fn finish(&mut self) {
        let held = self.begins.finish();
        let (mut rest, _) = self.ends.take(&held);
        rest.extend(self.ends.finish());
        self.pass_on(&rest);
    }
}

/// Reads; never comes back once there is nothing more to read.
async fn piece(from: &mut Option<impl AsyncRead + Unpin>, buffer: &mut [u8]) -> io::Result<usize> {
    match from {
        Some(from) => from.read(buffer).await,
        None => std::future::pending().await,
    }
}

async fn until(time: Option<Instant>) {
    match time {
        Some(time) => sleep_until(time).await,
        None => std::future::pending().await,
    }
}
