//! How a job's command is run on each host.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::{RunAs, SentFile, Stdin};
use crate::time::millis;

/// As whom, where, with what around it, and with which input a job's command runs on each host.
///
/// Journaled with the job, so it never holds a secret: a password for `sudo`, say, is the transport's to know. Paths of
/// files to read are on the machine of the dispatcher, and are read once for all hosts, at the latest when the first
/// attempt begins.
///
/// ```
/// use pogo_core::plan::{RemoteCommand, ExecOptions, JobSpec, RunAs};
///
/// let mut job = JobSpec::new("$db".parse()?, RemoteCommand::shell("pg_ctl promote"));
/// job.exec_options = ExecOptions::new().run_as(RunAs::User("postgres".to_owned())).directory("/var/lib/postgresql");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(default)]
#[non_exhaustive]
pub struct ExecOptions {
    /// Variables in the environment of hooks and command. Those whose names start with `POGO_` are pogo's own.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub environment: BTreeMap<String, String>,
    /// Names of further variables of the command alone. Their values are secrets: the transport is given them apart
    /// from this, and refuses the attempt where it does not know them.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub secret_environment: Vec<String>,
    /// Directory that the command starts in. By default the login directory.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub directory: Option<String>,
    /// Who runs the command, when it is not the user who is logged in. Hooks are the host's own, and not meant.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub run_as: Option<RunAs>,
    /// Whether the command has a terminal. Both streams of its output are then one.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub pty: bool,
    /// What the command reads on standard input.
    #[serde(skip_serializing_if = "Stdin::is_empty")]
    pub stdin: Stdin,
    /// Files that are put on the host before the hooks run, and removed when all is over.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub files: Vec<SentFile>,
    /// Whether attempts run apart from the connection that starts them, so that a link that breaks meanwhile leaves no
    /// doubt. The text distinguishes this job from all that ever ran on its hosts, so it must be a new one for each
    /// job: up to 64 letters, digits, `-` and `_`. A transport that cannot do it refuses the attempt.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub detached: Option<String>,
    /// Whether the hosts run something of their own in place of the command, such as the one script that a key is
    /// restricted to, and its status counts. Where this is not said, an attempt at such a host is refused. The host may
    /// be given the command, and neither an environment, a directory, another user nor files; hooks do not run.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub forced_command: bool,
    /// For a command that restarts its host: how long the host may take from the command's end, or from the loss of its
    /// link, until it answers in another boot. The lost link is then expected, the attempt goes on and keeps its slots
    /// until the host is back, and post-hooks run after that. A transport that cannot do it refuses the attempt.
    #[serde(with = "millis::option", skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<u64>))]
    pub reboot: Option<Duration>,
}

impl ExecOptions {
    /// The command just as it is.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a variable of the environment.
    #[must_use]
    pub fn env(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.environment.insert(name.into(), value.into());
        self
    }

    /// Adds the name of a variable whose value is a secret that the transport is given apart from this.
    #[must_use]
    pub fn secret_env(mut self, name: impl Into<String>) -> Self {
        self.secret_environment.push(name.into());
        self
    }

    /// Sets the directory that the command starts in.
    #[must_use]
    pub fn directory(mut self, directory: impl Into<String>) -> Self {
        self.directory = Some(directory.into());
        self
    }

    /// Sets who runs the command.
    #[must_use]
    pub fn run_as(mut self, run_as: RunAs) -> Self {
        self.run_as = Some(run_as);
        self
    }

    /// Sets whether the command has a terminal.
    #[must_use]
    pub fn pty(mut self, pty: bool) -> Self {
        self.pty = pty;
        self
    }

    /// Sets what the command reads on standard input.
    #[must_use]
    pub fn stdin(mut self, stdin: Stdin) -> Self {
        self.stdin = stdin;
        self
    }

    /// Adds a file that is put on the host for the time of an attempt.
    #[must_use]
    pub fn file(mut self, file: SentFile) -> Self {
        self.files.push(file);
        self
    }

    /// Runs attempts [apart from the connection](field@Self::detached) that starts them, under this new name.
    #[must_use]
    pub fn detached(mut self, name: impl Into<String>) -> Self {
        self.detached = Some(name.into());
        self
    }

    /// Sets whether the status of a [command that the host runs instead](field@Self::forced_command) counts.
    #[must_use]
    pub fn forced_command(mut self, counts: bool) -> Self {
        self.forced_command = counts;
        self
    }

    /// Says that the command [restarts its host](field@Self::reboot), and how long that may take.
    #[must_use]
    pub fn reboot(mut self, within: Duration) -> Self {
        self.reboot = Some(within);
        self
    }

    /// Whether the command runs just as it is.
    pub fn is_plain(&self) -> bool {
        *self == Self::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_exec_options_are_stored_as_nothing() {
        assert_eq!(serde_json::to_string(&ExecOptions::default()).unwrap(), "{}");
        let forced: ExecOptions = serde_json::from_str(r#"{"forced_command":true}"#).unwrap();
        assert!(forced.forced_command);
        let stored = r#"{"run_as":{"user":"deploy"},"stdin":{"text":"yes\n"}}"#;
        let read: ExecOptions = serde_json::from_str(stored).unwrap();
        assert_eq!(read.run_as, Some(RunAs::User("deploy".into())));
        assert_eq!(serde_json::to_string(&read).unwrap(), stored);
    }
}
