//! The certificate of a server, in files that may be renewed while it serves.

use std::fs;
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use rustls::crypto::ring::default_provider;
use rustls::pki_types::pem::{self, PemObject};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;

/// Why a certificate cannot be served.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CertificateError {
    /// A file cannot be read.
    #[error("{}: {source}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// A file has something else.
    #[error("{} has no {expected} in PEM ({message}); give the file that has it", path.display())]
    Invalid {
        /// The file.
        path: PathBuf,
        /// What it should have.
        expected: &'static str,
        /// What is wrong.
        message: String,
    },
    /// The key is not that of the certificate, or of no kind that is used with TLS.
    #[error(
        "the key in {} is of no use with the certificate in {} ({source}); give the key that it was made for, and the \
         certificate of the server before those of its issuers", key.display(), certificate.display()
    )]
    Mismatch {
        /// The file of the certificate.
        certificate: PathBuf,
        /// That of the key.
        key: PathBuf,
        /// Why.
        source: rustls::Error,
    },
}

/// A certificate with those of its issuers, and its key, in files of PEM.
///
/// The files are looked at before each connection: where they have changed, connections that come have the new
/// certificate. One that cannot be served is [reported](Self::on_warning), and the last one that could is served on, so
/// a renewal that goes wrong takes nobody's access away.
#[derive(Clone)]
pub struct CertificateFiles(Arc<Files>);

struct Files {
    certificate: PathBuf,
    key: PathBuf,
    on_warning: Box<dyn Fn(&str) + Send + Sync>,
    served: Mutex<Served>,
}

struct Served {
    certified: Arc<CertifiedKey>,
    /// What the files were when they were last read, whatever they had.
    seen: [Stamp; 2],
}

/// By what another version of a file is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Stamp {
    // Renewals rename a new file into place, often with the time and length of the old one: the
    // inode differs. One that writes into the file in place shows by its times.
    inode: u64,
    length: u64,
    modified: (i64, i64),
    changed: (i64, i64),
}

impl CertificateFiles {
    /// Reads the certificate and the key.
    ///
    /// # Errors
    /// They cannot be read, or do not belong together.
    pub fn open(certificate: impl Into<PathBuf>, key: impl Into<PathBuf>) -> Result<Self, CertificateError> {
        Self::open_with(certificate.into(), key.into(), Box::new(|_| ()))
    }

    /// Sets who hears of files that have changed and cannot be served.
    ///
    /// # Errors
    /// As [`open`](Self::open): the files are read again.
    pub fn on_warning(self, on_warning: impl Fn(&str) + Send + Sync + 'static) -> Result<Self, CertificateError> {
        Self::open_with(self.0.certificate.clone(), self.0.key.clone(), Box::new(on_warning))
    }

    fn open_with(
        certificate: PathBuf,
        key: PathBuf,
        on_warning: Box<dyn Fn(&str) + Send + Sync>,
    ) -> Result<Self, CertificateError> {
        // Looked at before they are read: what changes meanwhile is read again.
        let seen = [stamp(&certificate)?, stamp(&key)?];
        let certified = Arc::new(read(&certificate, &key)?);
        let served = Mutex::new(Served { certified, seen });
        Ok(Self(Arc::new(Files {
            certificate,
            key,
            on_warning,
            served,
        })))
    }

    /// What is served now, of the files as they are.
    fn current(&self) -> Arc<CertifiedKey> {
        let Files { certificate, key, .. } = &*self.0;
        let mut served = self.0.served.lock().unwrap_or_else(PoisonError::into_inner);
        let seen = (stamp(certificate), stamp(key));
        let (Ok(of_certificate), Ok(of_key)) = seen else {
            // They are being replaced, most likely. What is gone for good is said at the next start.
            return Arc::clone(&served.certified);
        };
        if served.seen != [of_certificate, of_key] {
            // Before they are read: a renewal that goes wrong is said once, and not at each
            // connection.
            served.seen = [of_certificate, of_key];
            match read(certificate, key) {
                Ok(certified) => served.certified = Arc::new(certified),
                Err(error) => (self.0.on_warning)(&format!("the certificate of before is served on: {error}")),
            }
        }
        Arc::clone(&served.certified)
    }
}

impl std::fmt::Debug for CertificateFiles {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Files { certificate, key, .. } = &*self.0;
        f.debug_struct("CertificateFiles")
            .field("certificate", certificate)
            .field("key", key)
            .finish_non_exhaustive()
    }
}

impl ResolvesServerCert for CertificateFiles {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(self.current())
    }
}

fn stamp(path: &Path) -> Result<Stamp, CertificateError> {
    let metadata = fs::metadata(path).map_err(|source| unreadable(path, source))?;
    Ok(Stamp {
        inode: metadata.ino(),
        length: metadata.len(),
        modified: (metadata.mtime(), metadata.mtime_nsec()),
        changed: (metadata.ctime(), metadata.ctime_nsec()),
    })
}

fn read(certificate: &Path, key: &Path) -> Result<CertifiedKey, CertificateError> {
    let text = fs::read(certificate).map_err(|source| unreadable(certificate, source))?;
    let chain: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&text).collect();
    let chain = chain.map_err(|error| invalid(certificate, "certificate", error))?;
    // A file with a key alone is no error of PEM: nothing in it is a certificate.
    if chain.is_empty() {
        return Err(invalid(certificate, "certificate", pem::Error::NoItemsFound));
    }
    let text = fs::read(key).map_err(|source| unreadable(key, source))?;
    let der = PrivateKeyDer::from_pem_slice(&text).map_err(|error| invalid(key, "private key", error))?;
    let certified = CertifiedKey::from_der(chain, der, &default_provider());
    certified.map_err(|source| CertificateError::Mismatch {
        certificate: certificate.to_owned(),
        key: key.to_owned(),
        source,
    })
}

fn unreadable(path: &Path, source: io::Error) -> CertificateError {
    let path = path.to_owned();
    CertificateError::Unreadable { path, source }
}

fn invalid(path: &Path, expected: &'static str, error: pem::Error) -> CertificateError {
    // Of all errors these two alone say nothing of what is in the file, which may be a key.
    let message = match error {
        pem::Error::NoItemsFound => "there is none".to_owned(),
        pem::Error::MissingSectionEnd { .. } => "its end is missing".to_owned(),
        _ => "it cannot be decoded".to_owned(),
    };
    CertificateError::Invalid {
        path: path.to_owned(),
        expected,
        message,
    }
}
