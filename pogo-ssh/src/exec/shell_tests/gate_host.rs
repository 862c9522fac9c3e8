//! A host for tests of the gate: its shell, its home, and the sessions that it runs.

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Output, Stdio};
use std::time::Duration;

use pogo_core::dispatcher::Attempt;
use pogo_core::plan::RemoteCommand;
use pogo_core::scheduler::{AttemptId, Phase};
use pogo_core::testing::TestAttempt;

use super::{posix, stderr_of};
use crate::config::GateOptions;
use crate::exec::mark::{Mark, Ready};
use crate::exec::session::Session;
use crate::shells;

/// A host whose `/bin/sh` is this shell.
pub(super) struct Host<'a> {
    pub(super) shell: &'a str,
    pub(super) home: &'a Path,
    pub(super) gate: GateOptions,
}

pub(super) const LOCKED: Ready = Ready {
    host_lock: true,
    reports_end: true,
};

pub(super) fn under_every_shell(case: impl Fn(&Host<'_>)) {
    for shell in posix() {
        let home = tempfile::tempdir().unwrap();
        let gate = GateOptions {
            patience: Duration::from_secs(60),
            ..GateOptions::default()
        };
        case(&Host {
            shell,
            home: home.path(),
            gate,
        });
    }
}

pub(super) fn attempt(number: u64, line: &str) -> Attempt {
    let mut attempt = TestAttempt::at("web1", RemoteCommand::shell(line)).0;
    attempt.id = AttemptId::new(number);
    attempt
}

impl Host<'_> {
    pub(super) fn command(&self, session: &Session) -> std::process::Command {
        self.command_of(&session.line().under(self.shell))
    }

    pub(super) fn command_of(&self, line: &str) -> std::process::Command {
        let mut command = shells::command(self.shell);
        command
            .args(["-c", line])
            .env("SHELL", "/bin/sh")
            .env("HOME", self.home);
        command
            .env_remove("SSH_CONNECTION")
            .stdin(Stdio::piped())
            .process_group(0);
        command
    }

    pub(super) fn spawn(&self, session: &Session) -> Child {
        self.command(session).spawn().unwrap()
    }

    /// Spawns a session on a host whose clock is this file.
    pub(super) fn spawn_with_clock(&self, session: &Session, clock: &Path) -> Child {
        let line = session.line().under(self.shell);
        let line = line.replace("/proc/uptime", &clock.display().to_string());
        self.command_of(&line).spawn().unwrap()
    }

    pub(super) fn session_of(&self, namespace: &str, number: u64, line: &str) -> Session {
        let mut attempt = attempt(number, line);
        attempt.namespace = namespace.into();
        Session::of(&attempt, None, Some(&self.gate), &[Phase::Command]).unwrap()
    }

    pub(super) fn session(&self, number: u64, line: &str) -> Session {
        Session::of(&attempt(number, line), None, Some(&self.gate), &[Phase::Command]).unwrap()
    }

    /// Runs a session with this standard input.
    pub(super) fn run(&self, number: u64, line: &str, input: &str) -> (Vec<Mark>, Output) {
        self.run_attempt(&attempt(number, line), input)
    }

    pub(super) fn run_attempt(&self, attempt: &Attempt, input: &str) -> (Vec<Mark>, Output) {
        self.run_session(
            &Session::of(attempt, None, Some(&self.gate), &[Phase::Command]).unwrap(),
            input,
        )
    }

    pub(super) fn run_session(&self, session: &Session, input: &str) -> (Vec<Mark>, Output) {
        let mut child = self.spawn(session);
        // It may have ended without reading.
        let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
        let output = child.wait_with_output().unwrap();
        (stderr_of(session, &output).1, output)
    }

    /// A file beside the lock.
    pub(super) fn file(&self, suffix: &str) -> PathBuf {
        let files = fs::read_dir(self.home.join(".local/state/pogo")).unwrap();
        let mut files = files.map(|file| file.unwrap().path());
        files.find(|file| file.display().to_string().ends_with(suffix)).unwrap()
    }

    /// The words of a file beside the lock.
    pub(super) fn words(&self, suffix: &str) -> Vec<String> {
        let text = fs::read_to_string(self.file(suffix)).unwrap();
        assert_eq!(text.len(), 256, "{text}");
        text.split_whitespace().map(str::to_owned).collect()
    }
}

/// Reads from the process until a mark of this word has come.
pub(super) fn await_mark(child: &mut Child, word: &str) {
    let mut lines = BufReader::new(child.stderr.as_mut().unwrap());
    let mut line = String::new();
    while lines.read_line(&mut line).unwrap() > 0 && !line.contains(&format!(" {word} ")) {
        line.clear();
    }
    assert!(line.contains(word), "no {word}");
}
