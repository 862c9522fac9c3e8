//! A master connection: one run of the program that connects, logs in and serves sessions.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use pogo_core::scheduler::FailureKind;
use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncReadExt, BufReader};
use tokio::process::{Child, Command};
use tokio::sync::OwnedSemaphorePermit;
use tokio::time::timeout;

use super::failure::{cause_of, in_one_line, kind_of};
use crate::link::ConnectError;

/// How many bytes of the program's messages are kept.
const MOST_COMPLAINTS: usize = 8 << 10;

/// A master connection. Dropping it kills the program.
// Not the `openssh` crate: its program connects in the background, where a refused key looks like a refused login,
// nothing bounds the login, and a ^C at the terminal reaches it.
#[derive(Debug)]
pub(super) struct Master {
    child: Child,
    pub(super) socket: PathBuf,
    /// Its connection slot.
    _slot: OwnedSemaphorePermit,
}

/// A run of the program in its own process group, which the terminal's ^C does not reach, without these variables.
// The program, or an `ssh` that it starts as `ProxyCommand`, sends the variables that `SendEnv` names to hosts.
pub(super) fn command(program: &Path, words: Vec<OsString>, secret: &[String]) -> Command {
    let mut command = Command::new(program);
    secret.iter().for_each(|name| {
        command.env_remove(name);
    });
    command
        .args(words)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        // A ^C at the terminal goes to the foreground process group, and would end the
        // connections while the dispatcher is still stopping its attempts in order.
        .process_group(0)
        .kill_on_drop(true);
    command
}

/// The error messages of a program, up to a maximum length.
#[derive(Debug, Clone, Default)]
struct MasterStderr(Arc<Mutex<Vec<u8>>>);

impl MasterStderr {
    /// Reads everything, so that the program never blocks.
    async fn take(self, mut from: impl AsyncRead + Unpin) {
        let mut buffer = [0; 1024];
        while let Ok(count @ 1..) = from.read(&mut buffer).await {
            let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            // The first messages are kept: the cause stands before its consequences.
            let room = MOST_COMPLAINTS.saturating_sub(kept.len());
            kept.extend(buffer.iter().take(count.min(room)));
        }
    }

    fn text(&self) -> String {
        String::from_utf8_lossy(&self.0.lock().unwrap_or_else(PoisonError::into_inner)).into_owned()
    }
}

impl Master {
    /// Connects. The caller sets a time limit.
    pub(super) async fn connect(
        mut command: Command,
        socket: PathBuf,
        slot: OwnedSemaphorePermit,
        host: &str,
    ) -> Result<Self, ConnectError> {
        let refused = |message: String| ConnectError::new(FailureKind::Refused, message);
        let mut child = command.spawn().map_err(|error| {
            refused(format!(
                "the ssh program does not start: {error}; install openssh-client"
            ))
        })?;
        let complaints = MasterStderr::default();
        let taking = child
            .stderr
            .take()
            .map(|from| tokio::spawn(complaints.clone().take(from)));
        let mut words = String::new();
        if let Some(from) = child.stdout.take() {
            // It prints `ready`, or ends without a line.
            // Waiting for the socket file instead would poll, and could not distinguish a slow
            // login from a refused one.
            let _ = BufReader::new(from).read_line(&mut words).await;
        }
        if words.trim() == "ready" {
            return Ok(Self {
                child,
                socket,
                _slot: slot,
            });
        }
        let _ = child.wait().await;
        if let Some(taking) = taking {
            // A helper process may keep the pipe open.
            let _ = timeout(Duration::from_secs(1), taking).await;
        }
        let text = complaints.text();
        let what = match in_one_line(&text) {
            what if what.is_empty() => "the ssh program ended without a word".to_owned(),
            what => what,
        };
        Err(ConnectError::new(kind_of(&text), format!("cannot connect to {host}: {what}")).with_cause(cause_of(&text)))
    }

    /// Ends it and waits for its exit.
    pub(super) async fn close(mut self) {
        if let Some(id) = self
            .child
            .id()
            .and_then(|id| i32::try_from(id).ok())
            .and_then(rustix::process::Pid::from_raw)
        {
            // On TERM it disconnects and removes its socket.
            let _ = rustix::process::kill_process(id, rustix::process::Signal::TERM);
        }
        if timeout(Duration::from_secs(2), self.child.wait()).await.is_err() {
            let _ = self.child.kill().await;
        }
        let _ = std::fs::remove_file(&self.socket);
    }
}
