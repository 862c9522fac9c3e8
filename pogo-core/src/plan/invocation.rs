//! How a job's command is run on each host.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::PlanError;
use crate::time::millis;

/// As whom, where, with what around it, and with which input a job's command runs on each host.
///
/// Journaled with the job, so it never holds a secret: a password for `sudo`, say, is the transport's to know. Paths of
/// files to read are on the machine of the dispatcher, and are read once for all hosts, at the latest when the first attempt
/// begins.
///
/// ```
/// use pogo_core::plan::{Command, Invocation, JobSpec, RunAs};
///
/// let mut job = JobSpec::new("$db".parse()?, Command::shell("pg_ctl promote"));
/// job.invocation = Invocation::new().run_as(RunAs::User("postgres".to_owned())).directory("/var/lib/postgresql");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct Invocation {
    /// Variables in the environment of hooks and command. Those whose names start with `POGO_` are pogo's own.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub environment: BTreeMap<String, String>,
    /// Names of further variables of the command alone. Their values are secrets: the transport is given them apart from
    /// this, and refuses the attempt where it does not know them.
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
    /// doubt. The text tells this job from all that ever ran on its hosts, so it must be a new one for each job: up to
    /// 64 letters, digits, `-` and `_`. A transport that cannot do it refuses the attempt.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub detached: Option<String>,
    /// Whether the hosts run something of their own in place of the command, such as the one script that a key is
    /// restricted to, and its status counts. Where this is not said, an attempt at such a host is refused. The host may be
    /// told the command, and neither an environment, a directory, another user nor files; hooks do not run.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub forced_command: bool,
    /// For a command that restarts its host: how long the host may take from the command's end, or from the loss of its
    /// link, until it answers in another boot. The lost link is then expected, the attempt goes on and keeps its slots until
    /// the host is back, and post-hooks run after that. A transport that cannot do it refuses the attempt.
    #[serde(with = "millis::option", skip_serializing_if = "Option::is_none")]
    pub reboot: Option<Duration>,
}

/// Who runs a command.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum RunAs {
    /// This user, through `sudo`.
    User(String),
    /// Whoever this program makes it, wherever it takes it: a chroot, a container, another way to become a user.
    /// `/bin/sh -c TEXT` is added to its words; in them `{host}` stands for the host's name.
    /// For example `podman`, `exec`, `-i`, `web`.
    Through(Vec<String>),
}

/// What a command reads on standard input.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Stdin {
    /// Nothing.
    #[default]
    Empty,
    /// This text.
    Text(String),
    /// These bytes.
    Bytes(Vec<u8>),
    /// What this file or pipe holds; `-` is the standard input of the dispatcher's process.
    File(String),
}

impl Stdin {
    /// Whether there is nothing to read.
    pub fn is_empty(&self) -> bool {
        *self == Self::Empty
    }
}

/// A file to put on a host for the time of an attempt.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct SentFile {
    /// Path of the file or pipe to send; `-` is the standard input of the dispatcher's process.
    pub source: String,
    /// Path on the host; a relative one is one of the login directory's. `None`: its own name in a private directory
    /// that the environment variable `POGO_FILES` names.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub destination: Option<String>,
    /// Permission bits on the host. `None`: those of the source.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mode: Option<u32>,
}

impl SentFile {
    /// This file or pipe of the dispatcher's machine, `-` for the standard input of its process.
    pub fn new(source: impl Into<String>) -> Self {
        Self {
            source: source.into(),
            destination: None,
            mode: None,
        }
    }

    /// Sets the path on the host.
    #[must_use]
    pub fn to(mut self, destination: impl Into<String>) -> Self {
        self.destination = Some(destination.into());
        self
    }

    /// Sets the permission bits on the host.
    #[must_use]
    pub fn mode(mut self, mode: u32) -> Self {
        self.mode = Some(mode);
        self
    }
}

impl Invocation {
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

    /// Refuses what cannot be.
    pub(super) fn check(&self) -> Result<(), PlanError> {
        self.check_environment()?;
        self.check_run_as()?;
        self.check_detached()?;
        self.check_reboot()?;
        self.check_texts()
    }

    fn check_detached(&self) -> Result<(), PlanError> {
        let is_name = |key: &str| {
            (1..=64).contains(&key.len())
                && key
                    .bytes()
                    .all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte))
        };
        match &self.detached {
            Some(key) if !is_name(key) => refuse(format!(
                "`{key}` cannot name a detached job; use up to 64 letters, digits, `-` and `_`"
            )),
            _ => Ok(()),
        }
    }

    fn check_reboot(&self) -> Result<(), PlanError> {
        match self.reboot {
            Some(_) if self.detached.is_some() => {
                refuse("a detached command does not outlive a restart of its host; take `reboot` or `detached`")
            }
            Some(_) if self.forced_command => refuse(
                "a host that runs a command of its own does not tell its boot; take `reboot` or `forced_command`",
            ),
            Some(Duration::ZERO) => refuse("a host needs time to restart; give `reboot` more than none"),
            _ => Ok(()),
        }
    }

    fn check_environment(&self) -> Result<(), PlanError> {
        let secrets = &self.secret_environment;
        if let Some(name) = secrets.iter().find(|name| self.environment.contains_key(*name)) {
            return refuse(format!(
                "the variable `{name}` is given as a secret and openly; leave one out"
            ));
        }
        if !secrets.is_empty() && (self.detached.is_some() || self.forced_command) {
            return refuse(
                "secret variables are for a command that runs on its own connection; leave out `detached` and `forced_command`",
            );
        }
        for name in self.environment.keys().chain(secrets) {
            let starts_well = name.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_');
            if !starts_well || !name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_') {
                return refuse(format!(
                    "`{name}` cannot be an environment variable; use letters, digits and `_`"
                ));
            }
            if name.starts_with("POGO_") {
                return refuse(format!(
                    "the environment variable `{name}` is pogo's own; take a name without POGO_"
                ));
            }
        }
        Ok(())
    }

    fn check_run_as(&self) -> Result<(), PlanError> {
        match &self.run_as {
            Some(RunAs::User(user)) if user.is_empty() || user.starts_with('-') => {
                refuse(format!("`{user}` cannot be the user to run as; give a user's name"))
            }
            Some(RunAs::Through(words)) if words.first().is_none_or(String::is_empty) => {
                refuse("the program to run the command through is missing; name it")
            }
            _ => Ok(()),
        }
    }

    fn check_texts(&self) -> Result<(), PlanError> {
        let user = match &self.run_as {
            Some(RunAs::User(user)) => std::slice::from_ref(user),
            Some(RunAs::Through(words)) => words,
            None => &[],
        };
        let texts = self
            .environment
            .values()
            .chain(&self.directory)
            .chain(user)
            .chain(self.files.iter().filter_map(|file| file.destination.as_ref()));
        for text in texts {
            if text.contains('\0') {
                return refuse("no text for a host can hold a NUL byte");
            }
        }
        for file in &self.files {
            let destination = file.destination.as_deref();
            if destination.is_some_and(|path| path.is_empty() || path.ends_with('/')) {
                return refuse(format!("`{}` is sent to no file; name one, or nothing", file.source));
            }
            if file.mode.is_some_and(|mode| mode > 0o7777) {
                return refuse(format!(
                    "`{}` has no such mode; give octal digits up to 7777",
                    file.source
                ));
            }
        }
        Ok(())
    }
}

fn refuse(message: impl Into<String>) -> Result<(), PlanError> {
    Err(PlanError::Spec(message.into()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_no_host_could_take_is_refused() {
        let odd = |change: fn(&mut Invocation)| {
            let mut invocation = Invocation::default();
            change(&mut invocation);
            invocation.check().unwrap_err().to_string()
        };
        let file = |destination: &str| SentFile::new("tool").to(destination.to_owned());
        assert!(odd(|it| _ = it.environment.insert("A=B".into(), String::new())).contains("`A=B`"));
        assert!(odd(|it| _ = it.environment.insert("POGO_X".into(), String::new())).contains("pogo's own"));
        assert!(odd(|it| it.secret_environment.push("A=B".into())).contains("`A=B`"));
        assert!(odd(|it| it.secret_environment.push("POGO_X".into())).contains("pogo's own"));
        let both = odd(|it| {
            it.environment.insert("A".into(), String::new());
            it.secret_environment.push("A".into());
        });
        assert!(both.contains("openly"), "{both}");
        let detached = odd(|it| {
            it.detached = Some("x".into());
            it.secret_environment.push("A".into());
        });
        assert!(detached.contains("its own connection"), "{detached}");
        assert!(odd(|it| _ = it.environment.insert("A".into(), "\0".into())).contains("NUL"));
        assert!(odd(|it| it.run_as = Some(RunAs::User("-u".into()))).contains("`-u`"));
        assert!(odd(|it| it.run_as = Some(RunAs::Through(Vec::new()))).contains("missing"));
        assert!(odd(|it| it.detached = Some("../x".into())).contains("`../x`"));
        assert!(odd(|it| it.detached = Some(String::new())).contains("64 letters"));
        assert!(odd(|it| it.reboot = Some(Duration::ZERO)).contains("needs time"));
        let both = |it: &mut Invocation| {
            it.reboot = Some(Duration::from_secs(600));
            it.detached = Some("k".into());
        };
        assert!(odd(both).contains("`reboot` or `detached`"));
        let mut invocation = Invocation::new().file(file("bin/"));
        assert!(invocation.check().unwrap_err().to_string().contains("`tool`"));
        invocation.files = vec![file("bin/tool")];
        assert_eq!(invocation.check(), Ok(()));
    }

    #[test]
    fn a_plain_invocation_is_stored_as_nothing() {
        assert_eq!(serde_json::to_string(&Invocation::default()).unwrap(), "{}");
        let forced: Invocation = serde_json::from_str(r#"{"forced_command":true}"#).unwrap();
        assert!(forced.forced_command);
        let stored = r#"{"run_as":{"user":"deploy"},"stdin":{"text":"yes\n"}}"#;
        let read: Invocation = serde_json::from_str(stored).unwrap();
        assert_eq!(read.run_as, Some(RunAs::User("deploy".into())));
        assert_eq!(serde_json::to_string(&read).unwrap(), stored);
    }
}
