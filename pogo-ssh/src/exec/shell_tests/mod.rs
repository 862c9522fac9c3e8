//! The shell text under every shell that is installed here.

mod fenced_number;
mod files;
mod gate;
mod gate_host;
mod host_clock;
mod kill;
mod recorded_group;
mod secrets;
mod sessions;
mod steps;
mod words;

use std::io::Write;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Output, Stdio};

use pogo_core::dispatcher::Attempt;
use pogo_core::plan::RemoteCommand;
use pogo_core::scheduler::{AttemptId, Phase};
use pogo_core::testing::TestAttempt;

use super::line::CommandLine;
use super::mark::{Mark, MarkParser};
use super::session::Session;
use crate::shells;

/// What hosts have as `/bin/sh`.
fn posix() -> Vec<&'static str> {
    let others = ["ksh", "mksh", "zsh --emulate sh"];
    shells::installed(shells::COMMON.iter().copied().chain(others))
}

/// What people log in with.
fn login() -> Vec<&'static str> {
    shells::installed(
        shells::COMMON
            .iter()
            .chain(shells::KORN)
            .chain(shells::FOREIGN)
            .copied(),
    )
}

/// Runs a line with this shell in the place of `/bin/sh`.
fn run(shell: &str, line: &CommandLine, leads_a_group: bool) -> Output {
    let mut command = shells::command(shell);
    command.arg("-c").arg(line.under(shell));
    command.env("SHELL", "/bin/sh");
    if leads_a_group {
        command.process_group(0);
    }
    command.output().unwrap()
}

/// Runs a line as a server does for somebody with this login shell, and this input.
fn log_in(shell: &str, line: &CommandLine, input: &[u8]) -> Output {
    let mut command = shells::command(shell);
    command
        .arg("-c")
        .arg(&line.text)
        .env("SHELL", "/bin/sh")
        .stdin(Stdio::piped())
        .process_group(0);
    let mut child = command.spawn().unwrap();
    let mut to = child.stdin.take().unwrap();
    let input = [line.input.clone().unwrap_or_default().as_bytes(), input].concat();
    // It may end without having read it.
    let feeding = std::thread::spawn(move || drop(to.write_all(&input)));
    let output = child.wait_with_output().unwrap();
    feeding.join().unwrap();
    output
}

/// Writes a hook by a process of its own. A child that another test has just forked has a copy of each file that is
/// open here, for a moment, and what somebody writes to is not executed.
fn write_hook(path: &Path, mode: &str, text: &str) {
    let mut writing = std::process::Command::new("install")
        .args(["-m", mode, "/dev/stdin"])
        .arg(path)
        .stdin(Stdio::piped())
        .spawn()
        .unwrap();
    writing.stdin.take().unwrap().write_all(text.as_bytes()).unwrap();
    assert!(writing.wait().unwrap().success());
}

fn attempt(command: RemoteCommand, hooks: &Path) -> Attempt {
    let mut attempt = TestAttempt::at("web1", command).0;
    attempt.id = AttemptId::new(17);
    attempt.pre_hooks = Some(hooks.display().to_string().into());
    attempt
}

/// A session of this step alone.
fn session(phase: Phase, command: RemoteCommand, hooks: &Path) -> Session {
    Session::of(&attempt(command, hooks), None, None, &[phase]).unwrap()
}

/// What was written to standard error, and the marks in it.
fn stderr_of(session: &Session, output: &Output) -> (String, Vec<Mark>) {
    let (text, marks) = MarkParser::new(&session.marker.prefix()).take(&output.stderr);
    (String::from_utf8(text).unwrap(), marks)
}
