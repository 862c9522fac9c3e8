//! The files that a configuration was read from.

use std::path::{Path, PathBuf};

use super::include::matching_paths;
use crate::file_version::FileVersion;

/// Files, and those that each `Include` named, as they were when the configuration was read.
#[derive(Debug, Clone, Default)]
pub(crate) struct ReadFiles {
    files: Vec<(PathBuf, FileVersion)>,
    included: Vec<(String, Vec<PathBuf>)>,
}

impl ReadFiles {
    /// Notes a file before it is read, whether it is there or not.
    pub(crate) fn note(&mut self, path: &Path) {
        // A file that is included twice keeps its first version: with the second one a write
        // between them would go unnoticed.
        if self.files.iter().all(|(known, _)| known != path) {
            self.files.push((path.to_owned(), FileVersion::of(path)));
        }
    }

    /// Notes which files an absolute pattern matched.
    pub(crate) fn note_included(&mut self, pattern: String, paths: Vec<PathBuf>) {
        self.included.push((pattern, paths));
    }

    /// Adds those of another configuration.
    pub(crate) fn extend(&mut self, other: Self) {
        self.files.extend(other.files);
        self.included.extend(other.included);
    }

    /// Whether one of them is another by now, or there is one more.
    pub(crate) fn have_changed(&self) -> bool {
        let is_another = |(path, version): &(PathBuf, FileVersion)| FileVersion::of(path) != *version;
        let are_others =
            |(pattern, paths): &(String, Vec<PathBuf>)| matching_paths(pattern).ok().as_ref() != Some(paths);
        self.files.iter().any(is_another) || self.included.iter().any(are_others)
    }
}
