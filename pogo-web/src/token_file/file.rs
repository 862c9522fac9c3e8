//! The file of tokens.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use pogo_core::dispatcher::{Clock, SystemClock};
use rustix::fs::{FlockOperation, flock};
use serde::{Deserialize, Serialize};

use super::loaded::Loaded;
use super::{NewSecret, NewToken, TokenEntry};

/// A file of tokens, 0600. It has digests, and no token. Whoever makes and removes tokens writes it anew; a server that
/// lets people in by it reads it again when it is another, so that a token that was revoked is refused at once.
#[derive(Clone)]
pub struct TokenFile {
    pub(super) path: PathBuf,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) loaded: Arc<Mutex<Option<Loaded>>>,
}

/// Why tokens cannot be read or written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TokenFileError {
    /// The system says so.
    #[error("{}: {source}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// It is not as it was written.
    #[error("{}: {message}; put back a copy, or remove the file and make new tokens", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        message: String,
    },
    /// Others may read or write it.
    #[error("{} may be opened by others than its owner; say `chmod 600` if nobody has changed it", path.display())]
    NotPrivate {
        /// The file.
        path: PathBuf,
    },
    /// The name is empty, too long, or has characters that nobody sees.
    #[error("`{}` cannot be the name of an actor: give up to 256 bytes that can be seen", name.escape_debug())]
    InvalidName {
        /// The name.
        name: String,
    },
    /// No token has this number or note, or several have.
    #[error("{found} tokens are called `{}`; `pogo token list` shows their numbers", name.escape_debug())]
    NoSuchToken {
        /// What was given.
        name: String,
        /// How many there are.
        found: usize,
    },
}

#[derive(Serialize, Deserialize)]
struct Document {
    version: u32,
    tokens: Vec<TokenEntry>,
}

const VERSION: u32 = 1;

impl TokenFile {
    /// The tokens in this file, which is made with the first of them. Its directory has to be one that only its owner
    /// may write to.
    pub fn at(path: impl Into<PathBuf>) -> Self {
        Self {
            path: path.into(),
            clock: Arc::new(SystemClock),
            loaded: Arc::default(),
        }
    }

    /// Tells the time by another clock.
    #[must_use]
    pub fn clock(mut self, clock: Arc<dyn Clock>) -> Self {
        self.clock = clock;
        self
    }

    /// Makes a token. It is kept nowhere: what is given back is all there is of it.
    ///
    /// # Errors
    /// The name cannot be one, or the file cannot be written.
    pub fn create(&self, token: NewToken) -> Result<(NewSecret, TokenEntry), TokenFileError> {
        let texts = std::iter::once(&token.name).chain(&token.note);
        for text in texts {
            check_name(text)?;
        }
        // One who makes a token and one who revokes another at the same time would each write what
        // the other had not seen.
        let _lock = self.lock()?;
        let mut tokens = self.list()?;
        let (id, secret) = NewSecret::random().map_err(|error| self.io(io::Error::other(error)))?;
        let entry = TokenEntry {
            id,
            name: token.name,
            note: token.note,
            created: self.clock.now(),
            expires: token.expires,
            grant: token.grant,
            digest: secret.digest(),
        };
        tokens.push(entry.clone());
        self.write(tokens)?;
        Ok((secret, entry))
    }

    /// All tokens, the oldest first, those that are expired included.
    ///
    /// # Errors
    /// The file is there and cannot be used.
    pub fn list(&self) -> Result<Vec<TokenEntry>, TokenFileError> {
        match File::open(&self.path) {
            Ok(file) => self.read(&file),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(vec![]),
            Err(error) => Err(self.io(error)),
        }
    }

    /// Removes the token of this number, or the one with this note.
    ///
    /// # Errors
    /// There is none, or more than one, or the file cannot be written.
    pub fn revoke(&self, name: &str) -> Result<TokenEntry, TokenFileError> {
        let _lock = self.lock()?;
        let mut tokens = self.list()?;
        let is_called = |token: &TokenEntry| token.id == name || token.note.as_deref() == Some(name);
        let found = tokens.iter().filter(|token| is_called(token)).count();
        let at = tokens.iter().position(is_called).filter(|_| found == 1);
        let Some(at) = at else {
            let name = name.to_owned();
            return Err(TokenFileError::NoSuchToken { name, found });
        };
        let revoked = tokens.remove(at);
        self.write(tokens)?;
        Ok(revoked)
    }

    /// Reads what is open here, which nobody else may have written.
    pub(super) fn read(&self, file: &File) -> Result<Vec<TokenEntry>, TokenFileError> {
        let about = file.metadata().map_err(|error| self.io(error))?;
        let own = rustix::process::geteuid().as_raw();
        // Root's own file is taken too, since root could be anybody; a file of somebody else would
        // name whom they like.
        if about.mode() & 0o077 != 0 || ![own, 0].contains(&about.uid()) && own != 0 {
            let path = self.path.clone();
            return Err(TokenFileError::NotPrivate { path });
        }
        let text = io::read_to_string(file).map_err(|error| self.io(error))?;
        let damaged = |message: String| TokenFileError::Damaged {
            path: self.path.clone(),
            message,
        };
        // Alone first: a document of a later version may have other fields, and its version is what
        // has to be said.
        let version: Version = serde_json::from_str(&text).map_err(|error| damaged(error.to_string()))?;
        if version.version != VERSION {
            return Err(damaged(format!("version {} is of another pogo", version.version)));
        }
        let document: Document = serde_json::from_str(&text).map_err(|error| damaged(error.to_string()))?;
        Ok(document.tokens)
    }

    /// Puts a new file in the place of the old one, so that nobody ever reads half of it.
    fn write(&self, tokens: Vec<TokenEntry>) -> Result<(), TokenFileError> {
        let document = Document {
            version: VERSION,
            tokens,
        };
        let written = || -> io::Result<()> {
            let new = self.beside("new");
            // What a run that was killed has left. Only whoever has the lock is here, so nobody is
            // writing it.
            let _ = fs::remove_file(&new);
            let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&new)?;
            file.write_all(&serde_json::to_vec(&document)?)?;
            file.write_all(b"\n")?;
            // Before it is renamed: after a crash some file systems have the new name with nothing
            // in it.
            file.sync_all()?;
            self.give_to_owner(&file)?;
            fs::rename(&new, &self.path)?;
            File::open(self.directory())?.sync_all()
        };
        written().map_err(|error| self.io(error))
    }

    /// What root writes belongs to the account whose directory it is in, which is the one that serves.
    fn give_to_owner(&self, file: &File) -> io::Result<()> {
        if !rustix::process::geteuid().is_root() {
            return Ok(());
        }
        let directory = fs::metadata(self.directory())?;
        let (owner, group) = (directory.uid(), directory.gid());
        std::os::unix::fs::fchown(file, Some(owner), Some(group))
    }

    /// Keeps others from writing at the same time.
    fn lock(&self) -> Result<File, TokenFileError> {
        let open = || -> io::Result<File> {
            // A file of its own: the one with the tokens is replaced, and a lock on a file that is
            // gone keeps nobody out.
            let path = self.beside("lock");
            let file = OpenOptions::new()
                .write(true)
                .create(true)
                .truncate(false)
                .mode(0o600)
                .open(path)?;
            self.give_to_owner(&file)?;
            flock(&file, FlockOperation::LockExclusive)?;
            Ok(file)
        };
        open().map_err(|error| self.io(error))
    }

    fn beside(&self, ending: &str) -> PathBuf {
        let mut name = self.path.file_name().unwrap_or_default().to_owned();
        name.push(".");
        name.push(ending);
        self.path.with_file_name(name)
    }

    fn directory(&self) -> &Path {
        match self.path.parent() {
            Some(parent) if parent != Path::new("") => parent,
            _ => Path::new("."),
        }
    }

    pub(super) fn io(&self, source: io::Error) -> TokenFileError {
        let path = self.path.clone();
        TokenFileError::Io { path, source }
    }
}

#[derive(Deserialize)]
struct Version {
    version: u32,
}

fn check_name(name: &str) -> Result<(), TokenFileError> {
    let is_fine = !name.trim().is_empty()
        && name.len() <= pogo_core::scheduler::Actor::MAX_LEN
        && !name
            .chars()
            .any(|c| c.is_control() || pogo_core::fleet::is_invisible(c));
    match is_fine {
        true => Ok(()),
        false => Err(TokenFileError::InvalidName { name: name.to_owned() }),
    }
}
