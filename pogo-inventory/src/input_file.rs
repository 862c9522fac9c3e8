//! A file, or standard input.

use std::io::{self, Read};
use std::path::PathBuf;
use std::sync::OnceLock;

use pogo_core::inventory::InventoryError;

use crate::file::{MAX_BYTES, read_text, text};

/// A path, where `-` is standard input.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct InputFile(PathBuf);

impl InputFile {
    pub(crate) fn new(path: impl Into<PathBuf>) -> Self {
        Self(path.into())
    }

    /// Its name in messages.
    pub(crate) fn name(&self) -> String {
        match self.path() {
            None => "standard input".to_owned(),
            Some(path) => path.display().to_string(),
        }
    }

    /// Reads its text. Standard input is read once, and cached.
    pub(crate) fn read(&self) -> Result<String, InventoryError> {
        // Of the process: several sources may name it, and what was read of a pipe is gone.
        static READ: OnceLock<Result<Vec<u8>, String>> = OnceLock::new();
        if let Some(path) = self.path() {
            return read_text(path);
        }
        let read = READ.get_or_init(|| {
            let mut bytes = Vec::new();
            let read = io::stdin().lock().take(MAX_BYTES + 1).read_to_end(&mut bytes);
            read.map(|_| bytes).map_err(|error| error.to_string())
        });
        let name = self.name();
        let bytes = read
            .clone()
            .map_err(|message| InventoryError::unavailable(&*name, message))?;
        text(&name, bytes, MAX_BYTES)
    }

    /// The file to watch for changes.
    pub(crate) fn path(&self) -> Option<&PathBuf> {
        Some(&self.0).filter(|path| path.as_os_str() != "-")
    }
}
