//! What there is to log in with.

use std::collections::HashMap;
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use secrecy::SecretString;

use super::key_file::{KeyFile, KeyFileError};

/// Keys and password for all hosts; each key file is read once.
pub(crate) struct Credentials {
    pub(super) agent: Option<PathBuf>,
    pub(super) key_files: Vec<KeyFile>,
    pub(super) password: Option<SecretString>,
    /// How many are tried per connection.
    pub(super) tries: usize,
    /// Key files that only some hosts name, as they are met.
    of_hosts: Mutex<HashMap<PathBuf, Result<KeyFile, KeyFileError>>>,
}

impl Credentials {
    /// Takes what there is; key files are added with [`add_key_file`](Self::add_key_file).
    pub(crate) fn new(agent: Option<PathBuf>, password: Option<SecretString>, tries: usize) -> Self {
        Self {
            agent,
            key_files: Vec::new(),
            password,
            tries,
            of_hosts: Mutex::default(),
        }
    }

    /// Reads a key file for all hosts.
    pub(crate) fn add_key_file(&mut self, path: &Path) -> Result<(), KeyFileError> {
        self.key_files.push(KeyFile::read(path)?);
        Ok(())
    }

    /// The key in a file that a host names as its own.
    pub(super) fn key_file_of_host(&self, path: &Path) -> Result<KeyFile, KeyFileError> {
        let mut of_hosts = self.of_hosts.lock().unwrap_or_else(PoisonError::into_inner);
        let read = of_hosts
            .entry(path.to_owned())
            .or_insert_with_key(|path| KeyFile::read(path));
        read.clone()
    }
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let key_files: Vec<&Path> = self.key_files.iter().map(|file| file.path.as_path()).collect();
        f.debug_struct("Credentials")
            .field("agent", &self.agent)
            .field("key_files", &key_files)
            .field("password", &self.password.as_ref().map(|_| "set"))
            .finish_non_exhaustive()
    }
}
