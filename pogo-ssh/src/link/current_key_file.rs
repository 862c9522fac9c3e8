//! A key file as it is now.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use super::key_file::KeyFile;

/// A key file that is read again when it has changed: certificates are renewed every day.
pub(super) struct CurrentKeyFile {
    path: PathBuf,
    file: Mutex<Arc<KeyFile>>,
}

impl CurrentKeyFile {
    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    pub(super) fn get(&self) -> Arc<KeyFile> {
        let mut file = self.file.lock().unwrap_or_else(PoisonError::into_inner);
        // Under the lock, so that a thousand hosts which log in after a renewal read the file once.
        if let Some(fresh) = file.read_again() {
            *file = Arc::new(fresh);
        }
        Arc::clone(&file)
    }
}

impl From<Arc<KeyFile>> for CurrentKeyFile {
    fn from(file: Arc<KeyFile>) -> Self {
        Self {
            path: file.path.clone(),
            file: Mutex::new(file),
        }
    }
}
