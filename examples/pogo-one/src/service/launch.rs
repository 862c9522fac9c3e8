//! Starts the dispatcher of a store in the background.

use std::ffi::OsStr;
use std::fs::{self, File};
use std::io::{BufRead, BufReader};
use std::os::unix::fs::OpenOptionsExt;
use std::process::{Command, Stdio};

use serde::{Deserialize, Serialize};

use super::logout::Logout;
use super::place::PlaceStore;
use super::{Place, process};
use crate::exit::CliError;
use crate::report;

/// What a dispatcher that was started says to whoever started it: one line on its standard output.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Started {
    /// It listens.
    Ready,
    /// Another process has the namespace.
    Held(String),
    /// Another process has the namespace, and clients of this machine do not reach it.
    Elsewhere(String),
    /// The arguments or the store are wrong.
    Refused(String),
    /// It cannot go on.
    Broken(String),
}

/// A log that is longer is put aside before the next dispatcher writes to it.
const LOG_BYTES: u64 = 1 << 20;

/// Variables that a dispatcher takes along. Secrets of whoever happens to be the first must not stay with it, nor sit
/// in what it sends to hosts.
const KEPT: &[&str] = &[
    "HOME",
    "LANG",
    "LOGNAME",
    "PATH",
    "TMPDIR",
    "TZ",
    "USER",
    "XDG_CACHE_HOME",
    "XDG_CONFIG_HOME",
    "XDG_RUNTIME_DIR",
    "XDG_STATE_HOME",
];

/// Starts it, and waits until it listens or says why not. Blocks.
pub(super) fn launch(place: &Place) -> Result<Started, CliError> {
    // Whoever comes first makes the directories that the log is in.
    place.prepare()?;
    let logout = Logout::of_this_account();
    let mut line = String::new();
    if !logout.scope().is_empty() {
        line = first_line(place, logout.scope()).unwrap_or_default();
    }
    if line.is_empty() {
        // There is no manager for what this user runs, or it cannot be reached.
        line = first_line(place, &[])?;
    }
    let started = serde_json::from_str(&line).map_err(|_| {
        CliError::broken(format!(
            "the dispatcher ended before it was ready; {} says why",
            place.log().display()
        ))
    })?;
    if let (Started::Ready, Some(warning)) = (&started, logout.warning()) {
        report::remark(warning);
    }
    Ok(started)
}

/// Starts it behind these words, and returns the line with which it says how that went.
fn first_line(place: &Place, before: &[&str]) -> Result<String, CliError> {
    let program = process::own_program().map_err(CliError::broken)?;
    let log = open_log(place).map_err(|error| CliError::broken(format!("{}: {error}", place.log().display())))?;
    let kept = KEPT.iter().filter_map(|name| Some((name, std::env::var_os(name)?)));
    let locale = std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("LC_"));
    let words: Vec<&OsStr> = before.iter().map(OsStr::new).chain([program.as_os_str()]).collect();
    let (first, rest) = words
        .split_first()
        .ok_or_else(|| CliError::broken("there is no program"))?;
    let mut process = Command::new(first);
    process.env_clear();
    process.args(rest).arg("serve");
    match place.store() {
        PlaceStore::Dir(path) => _ = process.arg("--store").arg(path),
        // It is started by others.
        PlaceStore::Server(_) => {}
        // Whoever is on this machine can read what a command line says.
        PlaceStore::At(address) => _ = process.envs(address.environment()),
    }
    let mut process = process
        .arg("--namespace")
        .arg(place.namespace().to_string())
        .arg("--background")
        .envs(kept)
        .envs(locale)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(log)
        .spawn()
        .map_err(|error| CliError::broken(format!("the dispatcher cannot be started: {error}")))?;
    let mut line = String::new();
    if let Some(said) = process.stdout.take() {
        BufReader::new(said).read_line(&mut line).map_err(CliError::broken)?;
    }
    Ok(line)
}

fn open_log(place: &Place) -> std::io::Result<File> {
    let path = place.log();
    if let Some(directory) = path.parent() {
        private_directories(directory)?;
    }
    if fs::metadata(&path).is_ok_and(|about| about.len() > LOG_BYTES) {
        fs::rename(&path, path.with_extension("log.1"))?;
    }
    File::options().create(true).append(true).mode(0o600).open(path)
}

fn private_directories(path: &std::path::Path) -> std::io::Result<()> {
    use std::os::unix::fs::DirBuilderExt;
    fs::DirBuilder::new().recursive(true).mode(0o700).create(path)
}
