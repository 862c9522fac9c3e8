//! Starts the dispatcher of a store in the background.

use std::fs::{self, File};
use std::io::{BufRead, BufReader};
use std::os::unix::fs::OpenOptionsExt;
use std::process::{Command, Stdio};

use serde::{Deserialize, Serialize};

use super::Place;
use crate::exit::CliError;

/// What a dispatcher that was started says to whoever started it: one line on its standard output.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Started {
    /// It listens.
    Ready,
    /// Another process has the namespace.
    Held(String),
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
    let program = std::env::current_exe().map_err(CliError::broken)?;
    // Whoever comes first makes the directories that the log is in.
    place.open()?;
    let log = open_log(place).map_err(|error| CliError::broken(format!("{}: {error}", place.log().display())))?;
    let kept = KEPT.iter().filter_map(|name| Some((name, std::env::var_os(name)?)));
    let locale = std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("LC_"));
    let mut process = Command::new(program)
        .arg("serve")
        .arg("--store")
        .arg(place.store())
        .arg("--namespace")
        .arg(place.namespace().to_string())
        .arg("--background")
        .env_clear()
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
    serde_json::from_str(&line).map_err(|_| {
        CliError::broken(format!(
            "the dispatcher ended before it was ready; {} says why",
            place.log().display()
        ))
    })
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
