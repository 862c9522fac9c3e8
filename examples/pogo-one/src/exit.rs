//! Exit codes, and the errors that end a command.

use std::fmt;
use std::io;
use std::process::ExitCode;

use pogo_core::scheduler::{JobStatus, Tally};

/// Exit codes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(
    not(feature = "store"),
    allow(dead_code, reason = "there is nobody to reach without a store")
)]
pub(crate) enum Exit {
    /// 0: every host succeeded or was skipped.
    Succeeded,
    /// 1: every host was tried, and some failed or are in doubt.
    Failed,
    /// 2: the job was blocked or stopped before every host was tried.
    Blocked,
    /// 3: whoever followed the job left, and it goes on.
    Left,
    /// 4: somebody has to answer, and there is no terminal.
    NeedsPerson,
    /// 64: the command line, the policy or the targets are wrong; nothing was done.
    Usage,
    /// 69: nobody answers, and nothing was done.
    Unreachable,
    /// 70: the program broke, or could not write what it had to.
    Broken,
    /// 75: contact was lost after something was ordered.
    ContactLost,
    /// 77: this account may not do that.
    NotAllowed,
}

impl Exit {
    pub(crate) const fn code(self) -> u8 {
        match self {
            Self::Succeeded => 0,
            Self::Failed => 1,
            Self::Blocked => 2,
            Self::Left => 3,
            Self::NeedsPerson => 4,
            Self::Usage => 64,
            Self::Unreachable => 69,
            Self::Broken => 70,
            Self::ContactLost => 75,
            Self::NotAllowed => 77,
        }
    }

    /// The exit of a code that says why something could not be done.
    #[cfg(feature = "store")]
    pub(crate) const fn of_code(code: u8) -> Self {
        match code {
            64 => Self::Usage,
            69 => Self::Unreachable,
            75 => Self::ContactLost,
            77 => Self::NotAllowed,
            _ => Self::Broken,
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
#[cfg_attr(
    not(feature = "store"),
    allow(dead_code, reason = "there is nobody to reach without a store")
)]
pub(crate) enum CliError {
    /// The command line, the policy or the targets are invalid.
    Usage(String),
    /// Somebody has to answer, and there is no terminal.
    NeedsPerson(String),
    /// The program or its machine fails: a runtime, a file, a stream.
    Broken(String),
    /// Nobody answers, and nothing was done.
    Unreachable(String),
    /// Contact was lost after something was ordered.
    ContactLost(String),
    /// This account may not do that.
    NotAllowed(String),
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

    /// Adds what was done before.
    #[cfg(feature = "store")]
    pub(crate) fn after(self, done: &str) -> Self {
        let say = |message: String| format!("{message}; before that: {done}");
        match self {
            Self::Usage(message) => Self::Usage(say(message)),
            Self::NeedsPerson(message) => Self::NeedsPerson(say(message)),
            Self::Broken(message) => Self::Broken(say(message)),
            Self::Unreachable(message) => Self::Unreachable(say(message)),
            Self::ContactLost(message) => Self::ContactLost(say(message)),
            Self::NotAllowed(message) => Self::NotAllowed(say(message)),
            Self::Unread => Self::Unread,
        }
    }

    /// The exit code, and what is said about it.
    pub(crate) fn parts(&self) -> (Exit, Option<&str>) {
        match self {
            Self::Usage(message) => (Exit::Usage, Some(message)),
            Self::NeedsPerson(message) => (Exit::NeedsPerson, Some(message)),
            Self::Broken(message) => (Exit::Broken, Some(message)),
            Self::Unreachable(message) => (Exit::Unreachable, Some(message)),
            Self::ContactLost(message) => (Exit::ContactLost, Some(message)),
            Self::NotAllowed(message) => (Exit::NotAllowed, Some(message)),
            // A closed pipe ends the program as `head` ends its writers.
            Self::Unread => (Exit::Succeeded, None),
        }
    }
}

impl fmt::Display for CliError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.parts().1.unwrap_or_default())
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
