//! Exit codes, and the errors that end a command.

use std::io;
use std::process::ExitCode;

use pogo_core::scheduler::{JobStatus, Tally};

/// Exit codes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Exit {
    /// 0: every host succeeded or was skipped.
    Succeeded,
    /// 1: every host was tried, and some failed or are in doubt.
    Failed,
    /// 2: the job was blocked or stopped before every host was tried.
    Blocked,
    /// 64: the command line, the policy or the targets are wrong; nothing was done.
    Usage,
    /// 70: the program broke, or could not write what it had to.
    Broken,
}

impl Exit {
    pub(crate) const fn code(self) -> u8 {
        match self {
            Self::Succeeded => 0,
            Self::Failed => 1,
            Self::Blocked => 2,
            Self::Usage => 64,
            Self::Broken => 70,
        }
    }

    /// The exit code of a job.
    pub(crate) fn of(status: JobStatus, tally: Tally) -> Self {
        let Tally {
            waiting,
            running,
            failed,
            in_doubt,
            cancelled,
            ..
        } = tally;
        if status != JobStatus::Finished || waiting + running + cancelled > 0 {
            Self::Blocked
        } else if failed + in_doubt > 0 {
            Self::Failed
        } else {
            Self::Succeeded
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        exit.code().into()
    }
}

/// An error that ends a command.
#[derive(Debug)]
pub(crate) enum CliError {
    /// The command line, the policy or the targets are invalid.
    Usage(String),
    /// The program or its machine fails: a runtime, a file, a stream.
    Broken(String),
    /// Standard output is a closed pipe, which is not reported as an error.
    Unread,
}

impl CliError {
    pub(crate) fn usage(error: impl ToString) -> Self {
        Self::Usage(error.to_string())
    }

    pub(crate) fn broken(error: impl ToString) -> Self {
        Self::Broken(error.to_string())
    }
}

impl From<io::Error> for CliError {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::BrokenPipe => Self::Unread,
            _ => Self::Broken(format!("cannot write the output: {error}")),
        }
    }
}
