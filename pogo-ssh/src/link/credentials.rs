//! What there is to log in with.

use std::collections::HashMap;
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use russh::keys::PublicKey;
use secrecy::SecretString;

use super::key_file::{KeyFile, KeyFileError, public_key_beside};
use crate::config::SshConfig;
use crate::question::Asker;
use crate::ssh_config::IdentityAgent;
use crate::target::Keys;

/// Keys and password for all hosts; each key file is read once.
pub(crate) struct Credentials {
    pub(super) agent: Option<PathBuf>,
    pub(super) key_files: Vec<KeyFile>,
    pub(super) password: Option<SecretString>,
    pub(super) asker: Option<Asker>,
    /// The keys of the key files, as far as they are known: where the agent may not be asked to use others.
    only: Vec<PublicKey>,
    /// How many are tried per connection.
    pub(super) tries: usize,
    /// Key files that only some hosts name, as they are met.
    of_hosts: Mutex<HashMap<PathBuf, Result<KeyFile, KeyFileError>>>,
}

impl Credentials {
    /// Takes what the settings hold; key files are added with [`add_key_file`](Self::add_key_file).
    pub(crate) fn new(config: &SshConfig, agent: Option<PathBuf>) -> Self {
        Self {
            agent,
            key_files: Vec::new(),
            password: config.password.clone(),
            asker: config.asker.clone(),
            only: Vec::new(),
            tries: config.auth_tries,
            of_hosts: Mutex::default(),
        }
    }

    /// Reads a key file for all hosts.
    pub(crate) fn add_key_file(&mut self, path: &Path) -> Result<(), KeyFileError> {
        let read = KeyFile::read(path, self.asker.as_ref());
        self.only.extend(public_key(&read, path));
        self.key_files.push(read?);
        Ok(())
    }

    /// Whether the agent may be asked to use this key for a host.
    pub(super) fn may_use_from_agent(&self, key: &PublicKey, keys: &Keys) -> bool {
        let same = |one: &PublicKey| one.key_data() == key.key_data();
        let usual = || keys.usual && self.only.iter().any(same);
        let own = |path: &PathBuf| public_key(&self.key_file_of_host(path), path).is_some_and(|key| same(&key));
        !keys.only || usual() || keys.files.iter().any(own)
    }

    /// The agent to ask for a host.
    pub(super) fn agent_for(&self, keys: &Keys) -> Option<PathBuf> {
        match &keys.agent {
            None => self.agent.clone(),
            Some(IdentityAgent::Environment) => std::env::var_os("SSH_AUTH_SOCK").map(PathBuf::from),
            Some(IdentityAgent::Socket(path)) => Some(path.clone()),
            Some(IdentityAgent::None) => None,
        }
    }

    /// The key in a file that a host names as its own.
    pub(super) fn key_file_of_host(&self, path: &Path) -> Result<KeyFile, KeyFileError> {
        let mut of_hosts = self.of_hosts.lock().unwrap_or_else(PoisonError::into_inner);
        let read = of_hosts
            .entry(path.to_owned())
            .or_insert_with_key(|path| KeyFile::read(path, self.asker.as_ref()));
        read.clone()
    }
}

/// The public half of a key that was read, or that lies beside one that cannot be.
fn public_key(read: &Result<KeyFile, KeyFileError>, path: &Path) -> Option<PublicKey> {
    let own = read.as_ref().ok().map(|file| file.key.public_key().clone());
    own.or_else(|| public_key_beside(path))
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
