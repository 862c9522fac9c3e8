//! Commands of `Match exec`.

use std::collections::HashMap;
use std::ffi::OsString;
use std::io;
use std::process::{Command, ExitStatus, Stdio};

use crate::error::ClientConfigError;

/// Results of `Match exec` commands, by their text with all tokens replaced.
pub type ExecAnswers = HashMap<String, bool>;

/// The shell that runs `Match exec` commands (with `-c`): the user's own, as for `ssh`.
pub fn match_exec_shell() -> OsString {
    std::env::var_os("SHELL").unwrap_or_else(|| "/bin/sh".into())
}

/// Whether a `Match exec` command succeeded, from the exit status of its shell. A signal is an error.
pub fn match_exec_answer(command: &str, status: io::Result<ExitStatus>) -> Result<bool, ClientConfigError> {
    let failed = |reason: String| ClientConfigError::MatchExec {
        command: command.to_owned(),
        reason,
    };
    let shell = match_exec_shell();
    let status = status.map_err(|error| failed(format!("{} cannot be run: {error}", shell.display())))?;
    match status.code() {
        Some(code) => Ok(code == 0),
        // Not a "no": a command that was killed has decided nothing.
        None => Err(failed(format!("it ended by a {status}"))),
    }
}

/// Runs a command; true if it succeeds. Blocks.
pub(crate) fn run_match_exec(command: &str) -> Result<bool, ClientConfigError> {
    let status = Command::new(match_exec_shell())
        .arg("-c")
        .arg(command)
        // A command that reads must not take the input of this process. Its output is dropped, as
        // by `ssh`.
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status();
    match_exec_answer(command, status)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_that_a_signal_ends_is_no_answer() {
        let problem = run_match_exec("kill -9 $$").unwrap_err();
        assert!(problem.to_string().contains("kill -9 $$"), "{problem}");
    }
}
