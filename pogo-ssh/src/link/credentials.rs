//! Keys and passwords for logging in.

use std::collections::HashMap;
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use russh::keys::Certificate;
use secrecy::SecretString;

use super::current_key_file::CurrentKeyFile;
use super::key_file::{KeyFile, KeyFileError, user_certificate};
use crate::account::agent_of_environment;
use crate::config::{AgentSource, SshTransportBuilder};
use crate::question::SharedPrompter;
use crate::target::Keys;
use pogo_ssh_config::IdentityAgent;

/// After how long an agent that was silent is asked again.
const ASKED_AGAIN: Duration = Duration::from_secs(60);

/// Keys and password for all hosts; each key file is read once, and again when it has changed.
pub(crate) struct Credentials {
    agent: Option<PathBuf>,
    key_files: Vec<CurrentKeyFile>,
    pub(super) password: Option<SecretString>,
    pub(super) asker: Option<SharedPrompter>,
    /// How many keys and passwords are tried per connection.
    pub(super) tries: usize,
    /// Whether the key files were configured, rather than the default ones.
    named: bool,
    /// Key files of single hosts, read at first use.
    of_hosts: Mutex<HashMap<PathBuf, CurrentKeyFile>>,
    /// Who knows of agents that stand in for one that is gone: then attempts wait for one.
    pub(super) agents: Option<Arc<dyn AgentSource>>,
    /// Agents that did not answer, and when: they are not asked again soon, as each wait costs a host its time.
    silent_agents: Mutex<HashMap<PathBuf, Instant>>,
}

impl Credentials {
    /// Takes the password and the limits from the settings; key files are added with
    /// [`add_key_file`](Self::add_key_file).
    pub(crate) fn new(config: &SshTransportBuilder, agent: Option<PathBuf>) -> Self {
        Self {
            agent,
            key_files: Vec::new(),
            password: config.password.clone(),
            asker: config.asker.clone(),
            tries: config.auth_tries,
            named: config.identities.is_some(),
            of_hosts: Mutex::default(),
            agents: config.agents.clone(),
            silent_agents: Mutex::default(),
        }
    }

    /// Reads a key file for all hosts. An error says why it cannot be used by itself; the file is still kept if its
    /// key may be in an agent.
    pub(crate) fn add_key_file(&mut self, path: &Path) -> Result<(), KeyFileError> {
        let file = Arc::new(KeyFile::read(path));
        let unusable = file.error().cloned();
        let error = unusable.or_else(|| file.unanswerable(self.asker.as_ref()));
        self.key_files.push(CurrentKeyFile::from(file));
        error.map_or(Ok(()), Err)
    }

    /// Whether the key of a file that was added may be in an agent.
    pub(crate) fn may_be_in_agent(&self, path: &Path) -> bool {
        let known = |file: Arc<KeyFile>| file.path == path && (file.public.is_some() || file.error().is_none());
        self.agent.is_some() && self.key_files.iter().any(|file| known(file.get()))
    }

    /// The agent socket for a host.
    pub(super) fn agent_for(&self, keys: &Keys) -> Option<PathBuf> {
        let agent = match &keys.agent {
            None => self.agent.clone(),
            Some(IdentityAgent::Environment) => agent_of_environment(),
            Some(IdentityAgent::Socket(path)) => Some(path.clone()),
            Some(IdentityAgent::None) => None,
        };
        agent.filter(|path| !path.as_os_str().is_empty())
    }

    /// Whether this agent has failed to answer before. Where attempts wait for one, it may come back.
    pub(super) fn is_silent(&self, agent: &Path) -> bool {
        let silent = self.silent_agents.lock().unwrap_or_else(PoisonError::into_inner);
        let since = silent.get(agent);
        since.is_some_and(|since| self.agents.is_none() || since.elapsed() < ASKED_AGAIN)
    }

    pub(super) fn note_silent(&self, agent: PathBuf) {
        let mut silent = self.silent_agents.lock().unwrap_or_else(PoisonError::into_inner);
        silent.insert(agent, Instant::now());
    }

    /// The key files for a host, its own first.
    pub(super) fn key_files_for(&self, keys: &Keys) -> Vec<Arc<KeyFile>> {
        let mut files: Vec<Arc<KeyFile>> = keys.files.iter().map(|path| self.key_file_of_host(path)).collect();
        if keys.usual {
            for file in self.key_files.iter().map(CurrentKeyFile::get) {
                if files.iter().all(|other| other.path != file.path) {
                    files.push(file);
                }
            }
        }
        files
    }

    /// Whether this file was configured for a host.
    pub(super) fn is_named(&self, file: &KeyFile, keys: &Keys) -> bool {
        self.named || keys.files.contains(&file.path)
    }

    /// The configured certificates of a host, and remarks on those that cannot be used.
    pub(super) fn certificates_for(&self, keys: &Keys) -> (Vec<Certificate>, Vec<String>) {
        let (mut usable, mut unusable) = (Vec::new(), Vec::new());
        for path in &keys.certificates {
            // Read at each login: certificates are renewed while this runs.
            match user_certificate(path) {
                Ok(certificate) => usable.push(certificate),
                Err(reason) => unusable.push(format!("certificate {} (cannot be used: {reason})", path.display())),
            }
        }
        (usable, unusable)
    }

    /// The key file of a single host.
    fn key_file_of_host(&self, path: &Path) -> Arc<KeyFile> {
        // A file that several settings name is opened, and its passphrase asked for, once.
        if let Some(file) = self.key_files.iter().find(|file| file.path() == path) {
            return file.get();
        }
        let mut of_hosts = self.of_hosts.lock().unwrap_or_else(PoisonError::into_inner);
        let file = of_hosts
            .entry(path.to_owned())
            .or_insert_with_key(|path| Arc::new(KeyFile::read(path)).into());
        file.get()
    }
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let key_files: Vec<&Path> = self.key_files.iter().map(CurrentKeyFile::path).collect();
        f.debug_struct("Credentials")
            .field("agent", &self.agent)
            .field("key_files", &key_files)
            // Whether there is one is worth knowing, and what it is must not come into a log.
            .field("password", &self.password.as_ref().map(|_| "set"))
            .finish_non_exhaustive()
    }
}
