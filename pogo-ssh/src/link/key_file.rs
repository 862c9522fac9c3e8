//! Private key files.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use russh::keys::{self, Certificate, PrivateKey, PublicKey};
use secrecy::{ExposeSecret, SecretString};

use crate::question::{Asker, Question};

/// A private key, the file it came from, and the certificate beside it.
#[derive(Clone)]
pub(super) struct KeyFile {
    pub(super) path: PathBuf,
    pub(super) key: Arc<PrivateKey>,
    /// What is in the file of the same name with `-cert.pub` at its end.
    pub(super) certificate: Option<Certificate>,
}

/// A key file that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum KeyFileError {
    #[error("cannot read the key file {}: {reason}", path.display())]
    Unreadable { path: PathBuf, reason: String },
    #[error("the key file {} is encrypted, and nobody gave its passphrase; add its key to an ssh-agent (ssh-add)", path.display())]
    Encrypted { path: PathBuf },
    #[error("{} is not a private key file: {reason}", path.display())]
    Malformed { path: PathBuf, reason: String },
}

impl KeyFile {
    /// Reads a key; asks for the passphrase if it needs one.
    pub(super) fn read(path: &Path, asker: Option<&Asker>) -> Result<Self, KeyFileError> {
        match Self::read_with(path, None) {
            Err(KeyFileError::Encrypted { path }) => {
                let passphrase = asker.and_then(|asker| asker.ask(Question::Passphrase { file: &path }));
                match passphrase {
                    Some(passphrase) => Self::read_with(&path, Some(&passphrase)),
                    None => Err(KeyFileError::Encrypted { path }),
                }
            }
            read => read,
        }
    }

    fn read_with(path: &Path, passphrase: Option<&SecretString>) -> Result<Self, KeyFileError> {
        let path = path.to_owned();
        let malformed = |reason: String, path| Err(KeyFileError::Malformed { path, reason });
        match keys::load_secret_key(&path, passphrase.map(ExposeSecret::expose_secret)) {
            Ok(key) if key.is_encrypted() && passphrase.is_none() => Err(KeyFileError::Encrypted { path }),
            Ok(key) if !key.is_encrypted() => Ok(Self {
                certificate: keys::load_openssh_certificate(beside(&path, "-cert.pub")).ok(),
                key: Arc::new(key),
                path,
            }),
            Err(keys::Error::KeyIsEncrypted) if passphrase.is_none() => Err(KeyFileError::Encrypted { path }),
            Err(keys::Error::IO(error)) => Err(KeyFileError::Unreadable {
                path,
                reason: error.to_string(),
            }),
            Err(error) if passphrase.is_none() => malformed(error.to_string(), path),
            Ok(_) | Err(_) => malformed("the passphrase does not open it".to_owned(), path),
        }
    }
}

/// The public key that belongs to a private key file, as far as it can be known without opening that. The file may be
/// the public key itself, where an agent holds the private one.
pub(super) fn public_key_beside(path: &Path) -> Option<PublicKey> {
    let beside = keys::load_public_key(beside(path, ".pub"));
    beside.or_else(|_| keys::load_public_key(path)).ok()
}

/// The file whose name is this one's with something at its end.
fn beside(path: &Path, end: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(end);
    PathBuf::from(name)
}
