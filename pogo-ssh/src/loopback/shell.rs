//! Runs a host's command lines in a local shell.

use std::ffi::OsString;
use std::os::unix::process::ExitStatusExt;
use std::process::{ExitStatus, Stdio};
use std::sync::Arc;
use std::time::Duration;

use memchr::memmem;
use russh::server::{Handle, Msg};
use russh::{Channel, ChannelMsg, ChannelReadHalf, ChannelWriteHalf, Sig};
use tokio::io::{AsyncRead, AsyncWriteExt};
use tokio::process::{Child, ChildStdin, Command};
use tokio::sync::Notify;
use tokio::time::sleep;

use super::fault::Fault;
use super::host::{LoopbackHost, RunningGuard, USER};
use super::shared::FleetShared;
use crate::exec::{GATE, GO, instead_of_command, is_command, marks_of_beginning};

/// What [`Fault::Answer`] writes.
const ANSWER: &[u8] = b"here\n";

/// One command line of a host.
pub(super) struct ServerExecution {
    pub(super) host: Arc<LoopbackHost>,
    pub(super) shared: Arc<FleetShared>,
    pub(super) break_link: Arc<Notify>,
    pub(super) handle: Handle,
    pub(super) line: String,
}

impl ServerExecution {
    /// Runs the line, or acts out the host's fault.
    pub(super) async fn run(mut self, channel: Channel<Msg>) {
        let _busy = RunningGuard::begin(&self.host, &self.shared.busy);
        let (messages, channel) = channel.split();
        let is_command = is_command(&self.line);
        if is_command {
            self.host.count_execution();
        }
        let mut breaking = None;
        match self.host.fault() {
            Some(Fault::Hang) => {
                // Until the connection is closed.
                return read_all(messages, None, None).await;
            }
            Some(Fault::FailWith(status)) if is_command => match marks_of_beginning(&self.line) {
                Some(marks) => return end_when_told_to_go(messages, &channel, (marks, status, None)).await,
                None => self.line = instead_of_command(&self.line, &format!("exit {status}")).unwrap_or(self.line),
            },
            Some(Fault::Answer) if is_command => match marks_of_beginning(&self.line) {
                Some(marks) => return end_when_told_to_go(messages, &channel, (marks, 0, Some(ANSWER))).await,
                None => self.line = instead_of_command(&self.line, "echo here").unwrap_or(self.line),
            },
            Some(Fault::ForcedCommand(status)) => return end_at_once(&channel, (String::new(), status, None)).await,
            Some(Fault::Flood(bytes)) if is_command => flood(&channel, bytes).await,
            Some(Fault::DropLink(after)) if is_command => breaking = Some((Arc::clone(&self.break_link), after)),
            _ => {}
        }
        match self.spawn() {
            Ok(mut child) => {
                // An unread channel would stall the connection.
                tokio::spawn(read_all(messages, child.stdin.take(), breaking));
                self.attend(child, &channel).await;
            }
            Err(error) => {
                let message = format!("cannot start a shell: {error}\n");
                let _ = channel.extended_data_bytes(1, message.into_bytes()).await;
                let _ = channel.exit_status(255).await;
            }
        }
        let _ = channel.eof().await;
        let _ = channel.close().await;
    }

    /// Starts the line as a real server does: in the home directory, as the leader of a process group.
    fn spawn(&self) -> std::io::Result<Child> {
        let child = Command::new("/bin/sh")
            .arg("-c")
            .arg(&self.line)
            .current_dir(&self.host.home)
            // Nothing of this process: a demo must not show the secrets of whoever runs it to its
            // commands.
            .env_clear()
            .env("PATH", self.path())
            .env("HOME", &self.host.home)
            .env("SHELL", "/bin/sh")
            .env("USER", USER)
            .env("LOGNAME", USER)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .process_group(0)
            .spawn()?;
        if let Some(group) = child.id() {
            self.shared.processes.add(group);
        }
        Ok(child)
    }

    /// `PATH` with the host's own `bin` first.
    fn path(&self) -> OsString {
        let mut path = self.host.home.join("bin").into_os_string();
        path.push(":/usr/local/bin:/usr/bin:/bin:/usr/local/sbin:/usr/sbin:/sbin");
        path
    }

    /// Passes output on and reports how the line ended. Output of background processes may follow.
    async fn attend(&self, mut child: Child, channel: &ChannelWriteHalf<Msg>) {
        let group = child.id();
        let stdout = child.stdout.take();
        let stderr = child.stderr.take();
        let ending = async {
            if let Ok(status) = child.wait().await {
                if let Some(group) = group {
                    self.shared.processes.remove(group);
                }
                self.report_end(status, channel).await;
            }
        };
        tokio::join!(pump(stdout, channel, None), pump(stderr, channel, Some(1)), ending);
    }

    async fn report_end(&self, status: ExitStatus, channel: &ChannelWriteHalf<Msg>) {
        match status.signal() {
            Some(signal) => {
                let sent = self.handle.exit_signal_request(
                    channel.id(),
                    signal_of(signal),
                    false,
                    String::new(),
                    String::new(),
                );
                let _ = sent.await;
            }
            None => {
                let code = status.code().and_then(|code| u32::try_from(code).ok()).unwrap_or(255);
                let _ = channel.exit_status(code).await;
            }
        }
    }
}

/// Closes the connection after this time.
async fn break_after(link: Arc<Notify>, time: Duration) {
    sleep(time).await;
    link.notify_one();
}

/// Passes input on, until the channel or the connection is closed. `breaking` closes the connection this long after
/// `go` has arrived.
async fn read_all(
    mut messages: ChannelReadHalf,
    mut to: Option<ChildStdin>,
    mut breaking: Option<(Arc<Notify>, Duration)>,
) {
    let mut has_gate = false;
    while let Some(message) = messages.wait().await {
        match message {
            ChannelMsg::Data { data } => {
                // A script without a gate begins once all of it has arrived.
                has_gate |= memmem::find(&data, GATE.as_bytes()).is_some();
                let is_told = data.ends_with(GO.as_bytes()) || (!has_gate && data.ends_with(b"\n.\n"));
                if let Some(stdin) = &mut to
                    && stdin.write_all(&data).await.is_err()
                {
                    to = None;
                }
                if let Some((link, time)) = breaking.take_if(|_| is_told) {
                    tokio::spawn(break_after(link, time));
                }
            }
            ChannelMsg::Eof => to = None,
            ChannelMsg::Close => return,
            _ => {}
        }
    }
}

async fn pump(from: Option<impl AsyncRead + Unpin>, channel: &ChannelWriteHalf<Msg>, stream: Option<u32>) {
    if let Some(mut from) = from {
        // After the connection is closed, the process finds its output closed.
        let _ = tokio::io::copy(&mut from, &mut channel.make_writer_ext(stream)).await;
    }
}

/// Imitates a command behind a gate: reports ready, waits for `go`, and reports an end.
async fn end_when_told_to_go(
    mut messages: ChannelReadHalf,
    channel: &ChannelWriteHalf<Msg>,
    ((ready, entered), status, said): ((String, String), u32, Option<&'static [u8]>),
) {
    let _ = channel.extended_data_bytes(1, ready.into_bytes()).await;
    while let Some(message) = messages.wait().await {
        if matches!(message, ChannelMsg::Data { .. }) {
            return end_at_once(channel, (entered, status, said)).await;
        }
        if matches!(message, ChannelMsg::Eof | ChannelMsg::Close) {
            break;
        }
    }
    let _ = channel.close().await;
}

/// Imitates a command: reports its beginning, what it writes and its end.
async fn end_at_once(channel: &ChannelWriteHalf<Msg>, (marks, status, said): (String, u32, Option<&'static [u8]>)) {
    let _ = channel.extended_data_bytes(1, marks.into_bytes()).await;
    if let Some(said) = said {
        let _ = channel.data_bytes(said).await;
    }
    let _ = channel.exit_status(status).await;
    let _ = channel.close().await;
}

async fn flood(channel: &ChannelWriteHalf<Msg>, bytes: u64) {
    let line = [b'x'; 1024];
    let mut writer = channel.make_writer();
    let mut left = bytes;
    while left > 0 {
        let len = usize::try_from(left).unwrap_or(usize::MAX).min(line.len());
        let (piece, _) = line.split_at(len);
        if writer.write_all(piece).await.is_err() {
            return;
        }
        left -= len as u64;
    }
}

fn signal_of(number: i32) -> Sig {
    match number {
        1 => Sig::HUP,
        2 => Sig::INT,
        3 => Sig::QUIT,
        4 => Sig::ILL,
        6 => Sig::ABRT,
        8 => Sig::FPE,
        9 => Sig::KILL,
        11 => Sig::SEGV,
        13 => Sig::PIPE,
        14 => Sig::ALRM,
        15 => Sig::TERM,
        other => Sig::Custom(other.to_string()),
    }
}
