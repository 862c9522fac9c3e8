//! The shells that pogo's shell scripts are tested with.

use std::process::{Command, Stdio};

/// Dash, bash and busybox in every mode in which hosts have them as `/bin/sh`.
pub(crate) const COMMON: &[&str] = &["dash", "bash", "bash --posix", "busybox sh"];

/// Other login shells that some hosts have as `/bin/sh`.
pub(crate) const KORN: &[&str] = &["ksh", "mksh", "zsh"];

/// Login shells that are not POSIX shells.
pub(crate) const FOREIGN: &[&str] = &["fish", "tcsh", "csh"];

/// The installed ones of these shells. Missing ones are named on standard error, or panic
/// where the whole suite is required.
pub(crate) fn installed(all: impl IntoIterator<Item = &'static str>) -> Vec<&'static str> {
    let runs = |shell: &&str| command(shell).arg("-c").arg("exit 0").status().is_ok();
    let (there, missing): (Vec<&str>, Vec<&str>) = all.into_iter().partition(runs);
    let required = std::env::var("POGO_REQUIRE_SSHD").is_ok_and(|value| value == "1");
    assert!(
        missing.is_empty() || !required,
        "{} not installed, and POGO_REQUIRE_SSHD is set",
        missing.join(", ")
    );
    if !missing.is_empty() {
        eprintln!("LEFT OUT: {}, not installed", missing.join(", "));
    }
    there
}

/// A shell, without input, whose output is kept.
pub(crate) fn command(shell: &str) -> Command {
    let mut words = shell.split(' ');
    let mut command = Command::new(words.next().unwrap_or_default());
    command
        .args(words)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    command
}
