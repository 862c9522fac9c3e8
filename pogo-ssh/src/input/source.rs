//! Reads an input by its path.

use std::env;
use std::fs::{self, File};
use std::io::{self, ErrorKind};
use std::os::unix::fs::{FileTypeExt, PermissionsExt};

use super::content::{Content, CopyError};
use super::error::JobInputsError;

/// Names of this process's standard input, which may be a socket that cannot be opened by name.
const STANDARD_INPUT: [&str; 4] = ["-", "/dev/stdin", "/dev/fd/0", "/proc/self/fd/0"];

/// Maps all names of standard input to one.
pub(super) fn canonical(path: &str) -> &str {
    if STANDARD_INPUT.contains(&path) { "-" } else { path }
}

/// Reads a file, a pipe or standard input to its end. Blocks until the writer of a pipe is done.
pub(super) fn read(path: &str) -> Result<Content, JobInputsError> {
    let copied = if canonical(path) == "-" {
        Content::copy(&mut io::stdin().lock(), 0o600)
    } else {
        let (mut file, mode) = open(path)?;
        Content::copy(&mut file, mode)
    };
    copied.map_err(|error| match error {
        CopyError::Read(error) => unreadable(path, &error),
        CopyError::Keep(error) => JobInputsError::NoRoom {
            path: path.to_owned(),
            directory: env::temp_dir().display().to_string(),
            reason: error.to_string(),
        },
    })
}

fn open(path: &str) -> Result<(File, u32), JobInputsError> {
    let about = fs::metadata(path).map_err(|error| unreadable(path, &error))?;
    let kind = about.file_type();
    if kind.is_dir() {
        return Err(JobInputsError::Directory { path: path.to_owned() });
    }
    if kind.is_block_device() || (kind.is_char_device() && path != "/dev/null") {
        return Err(JobInputsError::Device { path: path.to_owned() });
    }
    let mode = match kind.is_file() {
        true => about.permissions().mode() & 0o7777,
        // The mode of a pipe says nothing about its content.
        false => 0o600,
    };
    let file = File::open(path).map_err(|error| unreadable(path, &error))?;
    Ok((file, mode))
}

fn unreadable(path: &str, error: &io::Error) -> JobInputsError {
    match error.kind() {
        ErrorKind::IsADirectory => JobInputsError::Directory { path: path.to_owned() },
        _ => JobInputsError::Unreadable {
            path: path.to_owned(),
            reason: error.to_string(),
        },
    }
}
