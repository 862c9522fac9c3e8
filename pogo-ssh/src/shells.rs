//! The shells that our shell text is tried under.

use std::process::{Command, Stdio};

/// Dash, bash and busybox, in all the ways in which hosts have them as `/bin/sh`.
pub(crate) const COMMON: &[&str] = &["dash", "bash", "bash --posix", "busybox sh"];

/// What else people log in with, and some hosts have as `/bin/sh`.
pub(crate) const KORN: &[&str] = &["ksh", "mksh", "zsh"];

/// What people log in with, and no POSIX shell.
pub(crate) const FOREIGN: &[&str] = &["fish", "tcsh", "csh"];

/// Those of these shells that are installed here. Those that are not are named on standard error, or not allowed to be missing
/// where the suite is required whole.
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
