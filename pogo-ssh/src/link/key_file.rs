//! Private key files.

use std::fs::{File, Metadata};
use std::io::{self, Read};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use futures::FutureExt;
use futures::future::{BoxFuture, Shared};
use nix::unistd::getuid;
use pogo_ssh_config::FileVersion;
use russh::keys::ssh_key::certificate::CertType;
use russh::keys::{self, Algorithm, Certificate, PrivateKey, PublicKey};
use secrecy::{ExposeSecret, SecretString};
use zeroize::Zeroizing;

use super::key_text::{KeyTextError, private_key, public_half};
use crate::question::{NoAnswer, Question, SharedPrompter};

/// How often a passphrase is asked for, as `ssh` does.
const ATTEMPTS: u32 = 3;

/// After how long a passphrase is asked for again that nobody could give.
const ASKED_AGAIN: Duration = Duration::from_secs(60);

/// A key file with its public key and certificate.
pub(super) struct KeyFile {
    pub(super) path: PathBuf,
    /// The public key, if it is known without opening the private key.
    pub(super) public: Option<PublicKey>,
    /// The certificate in the file with the suffix `-cert.pub`.
    pub(super) certificate: Option<Certificate>,
    private: Arc<PrivateHalf>,
    versions: Versions,
}

/// Of the file itself, its public key and its certificate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Versions {
    private: FileVersion,
    public: FileVersion,
    certificate: FileVersion,
}

impl Versions {
    fn of(path: &Path) -> Self {
        Self {
            private: FileVersion::of(path),
            public: FileVersion::of(&beside(path, ".pub")),
            certificate: FileVersion::of(&beside(path, "-cert.pub")),
        }
    }
}

enum PrivateHalf {
    /// It was not encrypted.
    Open(Arc<PrivateKey>),
    /// It is opened when the first host accepts its key; everyone waits for the one passphrase prompt.
    Encrypted(Arc<SecretString>, Mutex<Option<Opening>>),
    /// It cannot be used; the error is listed among what was tried.
    Unusable(KeyFileError),
}

type OpenedKey = Result<Arc<PrivateKey>, KeyFileError>;
/// With the time at which it failed. Shared by everyone who waits: one that stops waiting does not cancel it for the
/// others.
type Opening = Shared<BoxFuture<'static, (OpenedKey, Option<Instant>)>>;

/// A key file that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum KeyFileError {
    /// It is not there, or may not be read.
    #[error("cannot read the key file {}: {reason}", path.display())]
    Unreadable { path: PathBuf, reason: String },
    /// Others than its owner may read it.
    #[error(
        "UNPROTECTED PRIVATE KEY FILE: others can read {} (mode {mode:04o}), so it is ignored, as ssh does; \
         run: chmod 600 {}", path.display(), path.display()
    )]
    Unprotected { path: PathBuf, mode: u32 },
    /// Nobody gave its passphrase: the reason says why.
    #[error("the key file {} is encrypted, and {reason}; add its key to an ssh-agent (ssh-add)", path.display())]
    Encrypted { path: PathBuf, reason: NoAnswer },
    /// The passphrase that was given is of another key.
    #[error("the passphrase does not open the key file {}", path.display())]
    WrongPassphrase { path: PathBuf },
    /// It names a key that never leaves its token.
    #[error(
        "the key in {} is on a FIDO token; add it to an ssh-agent (ssh-add), or log in through the ssh program",
        path.display()
    )]
    Token { path: PathBuf },
    /// It is in no known format, such as a public key in the place of the private one.
    #[error("{} is not a private key file: {reason}", path.display())]
    Malformed { path: PathBuf, reason: String },
}

impl KeyFileError {
    /// Whether to warn about it even if an agent holds the key.
    pub(crate) fn is_mistake(&self) -> bool {
        matches!(self, Self::Unprotected { .. } | Self::Malformed { .. })
    }
}

impl KeyFile {
    /// Reads the file, as far as that needs no passphrase.
    pub(super) fn read(path: &Path) -> Self {
        let versions = Versions::of(path);
        // Versions from before the reading: a file that changes meanwhile is then read once more.
        Self::with(path, Arc::new(PrivateHalf::read(path)), versions)
    }

    /// The file as it is now, if it is another. A private key that is as it was stays open.
    pub(super) fn read_again(&self) -> Option<Self> {
        let versions = Versions::of(&self.path);
        if versions == self.versions {
            return None;
        }
        // A certificate that was renewed beside it does not ask for the passphrase once more.
        let private = match versions.private == self.versions.private {
            true => Arc::clone(&self.private),
            false => Arc::new(PrivateHalf::read(&self.path)),
        };
        Some(Self::with(&self.path, private, versions))
    }

    fn with(path: &Path, private: Arc<PrivateHalf>, versions: Versions) -> Self {
        let public = match &*private {
            PrivateHalf::Open(key) => Some(key.public_key().clone()),
            // Not each encrypted format has its public key in the clear.
            PrivateHalf::Encrypted(text, _) => public_key_beside(path).or_else(|| public_half(text.expose_secret())),
            PrivateHalf::Unusable(_) => public_key_beside(path),
        };
        Self {
            path: path.to_owned(),
            certificate: certificate_beside(path, public.as_ref()),
            public,
            private,
            versions,
        }
    }

    /// Why it cannot be used by itself, whatever the passphrase.
    pub(super) fn error(&self) -> Option<&KeyFileError> {
        match &*self.private {
            PrivateHalf::Unusable(error) => Some(error),
            PrivateHalf::Open(_) | PrivateHalf::Encrypted(..) => None,
        }
    }

    /// Why its passphrase cannot be asked for, if one is needed.
    pub(super) fn unanswerable(&self, asker: Option<&SharedPrompter>) -> Option<KeyFileError> {
        let PrivateHalf::Encrypted(_, opening) = &*self.private else {
            return None;
        };
        if opening.lock().unwrap_or_else(PoisonError::into_inner).is_some() {
            return None;
        }
        let reason = match asker {
            None => nobody(),
            Some(asker) => {
                let question = Question::Passphrase {
                    file: &self.path,
                    attempt: 1,
                };
                asker.can_answer(question).err()?
            }
        };
        Some(KeyFileError::Encrypted {
            path: self.path.clone(),
            reason,
        })
    }

    /// The private key. Its passphrase is asked for once, for everyone.
    pub(super) async fn open(&self, asker: Option<&SharedPrompter>) -> OpenedKey {
        let opening = match &*self.private {
            PrivateHalf::Open(key) => return Ok(Arc::clone(key)),
            PrivateHalf::Unusable(error) => return Err(error.clone()),
            PrivateHalf::Encrypted(text, opening) => {
                let mut opening = opening.lock().unwrap_or_else(PoisonError::into_inner);
                // Nobody wants to be asked for each of a thousand hosts, nor to start over because of one bad hour.
                opening.take_if(|opening| {
                    opening
                        .peek()
                        .is_some_and(|(_, failed)| failed.is_some_and(is_long_ago))
                });
                opening
                    .get_or_insert_with(|| ask_and_open(self.path.clone(), Arc::clone(text), asker.cloned()))
                    .clone()
            }
        };
        opening.await.0
    }
}

fn is_long_ago(failed: Instant) -> bool {
    failed.elapsed() > ASKED_AGAIN
}

impl PrivateHalf {
    fn read(path: &Path) -> Self {
        let path = path.to_owned();
        let text = match text(&path) {
            Ok((_, metadata)) if is_open_to_others(&metadata) => {
                let mode = metadata.mode() & 0o7777;
                return Self::Unusable(KeyFileError::Unprotected { path, mode });
            }
            Ok((text, _)) => text,
            Err(error) => {
                let reason = error.to_string();
                return Self::Unusable(KeyFileError::Unreadable { path, reason });
            }
        };
        match private_key(&text, None) {
            Ok(key) if is_on_token(&key.algorithm()) => Self::Unusable(KeyFileError::Token { path }),
            Ok(key) => Self::Open(Arc::new(key)),
            Err(KeyTextError::Malformed(reason)) => Self::Unusable(KeyFileError::Malformed { path, reason }),
            Err(KeyTextError::Encrypted | KeyTextError::WrongPassphrase) => {
                let text = SecretString::from(text.as_str());
                Self::Encrypted(Arc::new(text), Mutex::default())
            }
        }
    }
}

fn text(path: &Path) -> io::Result<(Zeroizing<String>, Metadata)> {
    let mut file = File::open(path)?;
    // Of the open file: the path may lead to another one by the time it is looked at again.
    let metadata = file.metadata()?;
    let mut bytes = Zeroizing::new(Vec::new());
    file.read_to_end(&mut bytes)?;
    Ok((Zeroizing::new(String::from_utf8_lossy(&bytes).into_owned()), metadata))
}

/// OpenSSH's rule: only files of the calling user are checked.
fn is_open_to_others(metadata: &Metadata) -> bool {
    metadata.uid() == getuid().as_raw() && metadata.mode() & 0o077 != 0
}

fn is_on_token(algorithm: &Algorithm) -> bool {
    matches!(algorithm, Algorithm::SkEd25519 | Algorithm::SkEcdsaSha2NistP256)
}

fn nobody() -> NoAnswer {
    NoAnswer::Unavailable("nobody gave its passphrase".to_owned())
}

fn ask_and_open(path: PathBuf, text: Arc<SecretString>, asker: Option<SharedPrompter>) -> Opening {
    // A prompter blocks for as long as people take, and the derivation of a key from a passphrase is slow on purpose.
    let asking = tokio::task::spawn_blocking({
        let path = path.clone();
        move || ask_until_it_opens(&path, &text, asker.as_ref())
    });
    let opening = async move {
        let closing = |_| KeyFileError::Encrypted { path, reason: nobody() };
        let opened = asking.await.map_err(closing).flatten();
        let failed = opened.is_err().then(Instant::now);
        (opened, failed)
    };
    opening.boxed().shared()
}

fn ask_until_it_opens(path: &Path, text: &SecretString, asker: Option<&SharedPrompter>) -> OpenedKey {
    for attempt in 1..=ATTEMPTS {
        let question = Question::Passphrase { file: path, attempt };
        let answer = asker.map_or_else(|| Err(nobody()), |asker| asker.answer(question));
        let passphrase = answer.map_err(|reason| KeyFileError::Encrypted {
            path: path.to_owned(),
            reason,
        })?;
        match private_key(text.expose_secret(), Some(passphrase.expose_secret())) {
            Ok(key) => return Ok(Arc::new(key)),
            Err(KeyTextError::WrongPassphrase | KeyTextError::Encrypted) => {}
            Err(KeyTextError::Malformed(reason)) => {
                let path = path.to_owned();
                return Err(KeyFileError::Malformed { path, reason });
            }
        }
    }
    Err(KeyFileError::WrongPassphrase { path: path.to_owned() })
}

/// The public key of a private key file. The file may itself be a public key whose private key an agent
/// holds.
fn public_key_beside(path: &Path) -> Option<PublicKey> {
    let itself = keys::load_public_key(path);
    itself.or_else(|_| keys::load_public_key(beside(path, ".pub"))).ok()
}

/// The user certificate of a key file, if it certifies this key.
fn certificate_beside(path: &Path, public: Option<&PublicKey>) -> Option<Certificate> {
    let certificate = user_certificate(&beside(path, "-cert.pub")).ok()?;
    // A certificate of another key that was left beside this one would only use up a try.
    let same = public.is_none_or(|public| public.key_data() == certificate.public_key());
    same.then_some(certificate)
}

/// Reads a user certificate from a file.
pub(super) fn user_certificate(path: &Path) -> Result<Certificate, String> {
    let certificate = keys::load_openssh_certificate(path).map_err(|error| error.to_string())?;
    match certificate.cert_type() {
        CertType::User => Ok(certificate),
        CertType::Host => Err("it is a host certificate".to_owned()),
    }
}

/// The path with a suffix appended.
fn beside(path: &Path, end: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(end);
    PathBuf::from(name)
}
