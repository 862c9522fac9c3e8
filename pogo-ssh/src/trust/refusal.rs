//! Refused host keys.

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;

use pogo_core::scheduler::FailureCause;
use russh::keys::ssh_key::HashAlg;
use russh::keys::{Algorithm, PublicKey};

use super::certificate::CertificateFault;
use crate::algorithms::WeakHostKey;
use crate::target::Target;

/// A recorded key and its position.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct RecordedAt {
    pub(crate) algorithm: Algorithm,
    pub(crate) fingerprint: String,
    pub(crate) file: Arc<PathBuf>,
    pub(crate) line: usize,
}

impl fmt::Display for RecordedAt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { file, line, .. } = self;
        write!(
            f,
            "{} {} at {}:{line}",
            self.algorithm,
            self.fingerprint,
            file.display()
        )
    }
}

/// A key's fingerprint, `SHA256:…`.
pub(crate) fn fingerprint(key: &PublicKey) -> String {
    key.fingerprint(HashAlg::Sha256).to_string()
}

/// Why a host key was refused; prints as one sentence with the cure.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum HostKeyRefusal {
    /// No key of the host is known.
    #[error(
        "no key of {host} is known (it shows {algorithm} {shown}); check that fingerprint, then add the key to {}, or \
         accept new hosts (accept-new)",
        file.as_ref().map_or("a known_hosts file".to_owned(), |file| file.display().to_string())
    )]
    Unknown {
        host: String,
        algorithm: Algorithm,
        shown: String,
        file: Option<PathBuf>,
    },
    /// Another key is known.
    #[error(
        "the key of {host} has changed: it shows {algorithm} {shown}, known is {}; if it was changed on purpose, \
         remove that line, otherwise somebody may be listening in",
        known.iter().map(ToString::to_string).collect::<Vec<_>>().join(" and ")
    )]
    Changed {
        host: String,
        algorithm: Algorithm,
        shown: String,
        known: Vec<RecordedAt>,
    },
    /// The key is marked as revoked.
    #[error("the key of {host} is revoked: {record}; the host needs a new key")]
    Revoked { host: String, record: RecordedAt },
    /// Its certificate is invalid, and its plain key is not known either.
    #[error("the certificate of {host} is not good: {fault}")]
    Certificate { host: String, fault: CertificateFault },
    /// The key is too weak.
    #[error("the key of {host} is not taken: {fault}")]
    Weak { host: String, fault: WeakHostKey },
    /// The new key could not be recorded.
    #[error("the new key of {host} could not be added to {}: {reason}", file.display())]
    NotRecorded {
        host: String,
        file: PathBuf,
        reason: String,
    },
    /// There is no file to record the new key in.
    #[error("the new key of {host} has no known_hosts file to be added to; name one")]
    NoFile { host: String },
}

impl HostKeyRefusal {
    /// What whoever shows the failure does something about.
    pub(crate) fn cause(&self) -> Option<FailureCause> {
        matches!(self, Self::Unknown { .. }).then_some(FailureCause::UnknownHostKey)
    }

    pub(crate) fn weak(target: &Target, fault: WeakHostKey) -> Self {
        Self::Weak {
            host: target.to_string(),
            fault,
        }
    }
}
