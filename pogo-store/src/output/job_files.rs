//! The files of a job's output.

use std::io;
use std::path::{Path, PathBuf};

use pogo_core::output::OutputError;

pub(super) fn log_file(dir: &Path) -> PathBuf {
    dir.join("output.log")
}

pub(super) fn index_file(dir: &Path) -> PathBuf {
    dir.join("output.jsonl")
}

/// An operation on the disk that failed.
pub(super) fn unavailable(error: io::Error) -> OutputError {
    let cure = if crate::error::is_full(&error) {
        "; free some space"
    } else {
        ""
    };
    OutputError::Unavailable {
        message: format!("{error}{cure}"),
    }
}
