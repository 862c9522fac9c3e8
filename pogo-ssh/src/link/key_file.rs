//! Private key files.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use russh::keys::{self, PrivateKey};

/// A private key, and the file it came from.
#[derive(Clone)]
pub(super) struct KeyFile {
    pub(super) path: PathBuf,
    pub(super) key: Arc<PrivateKey>,
}

/// A key file that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum KeyFileError {
    #[error("cannot read the key file {}: {reason}", path.display())]
    Unreadable { path: PathBuf, reason: String },
    #[error("the key file {} is encrypted; add its key to an ssh-agent (ssh-add)", path.display())]
    Encrypted { path: PathBuf },
    #[error("{} is not a private key file: {reason}", path.display())]
    Malformed { path: PathBuf, reason: String },
}

impl KeyFile {
    /// Reads an unencrypted key.
    pub(super) fn read(path: &Path) -> Result<Self, KeyFileError> {
        let path = path.to_owned();
        match keys::load_secret_key(&path, None) {
            Ok(key) if key.is_encrypted() => Err(KeyFileError::Encrypted { path }),
            Ok(key) => Ok(Self {
                path,
                key: Arc::new(key),
            }),
            Err(keys::Error::KeyIsEncrypted) => Err(KeyFileError::Encrypted { path }),
            Err(keys::Error::IO(error)) => Err(KeyFileError::Unreadable {
                path,
                reason: error.to_string(),
            }),
            Err(error) => Err(KeyFileError::Malformed {
                path,
                reason: error.to_string(),
            }),
        }
    }
}
