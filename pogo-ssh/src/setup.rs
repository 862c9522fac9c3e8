//! Builds a transport from its settings.

use std::env;
use std::io;
use std::path::PathBuf;

use nix::unistd::{User, getuid};

use crate::account::{agent_of_environment, expand_home, home, usual_key_files};
use crate::config::{Agent, SshTransportBuilder};
use crate::host_key_policy::HostKeyPolicy;
use crate::link::{Connector, Credentials, TooFewFiles, room_for_connections};
use crate::trust::{FileError, Trust, Verifier};

/// Why a transport could not be built.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SetupError {
    /// No login user is known.
    #[error("no user to log in as: neither USER nor LOGNAME is set, and the user database does not know; name one")]
    NoUser,
    /// The file-descriptor limit leaves no room for connections.
    #[error("the limit of open files is {limit}, too low to connect to any host; raise it (ulimit -n)")]
    OpenFiles {
        /// The limit.
        limit: u64,
    },
    /// A configured key file cannot be used.
    #[error("{message}")]
    KeyFile {
        /// The file.
        path: PathBuf,
        /// What is wrong with it, and the cure.
        message: String,
    },
    /// The `ssh` program cannot be used with these settings.
    #[error("{message}")]
    Program {
        /// What is wrong, and the cure.
        message: String,
    },
    /// A known_hosts file cannot be read.
    #[error(
        "cannot read the known_hosts file {}: {source}; create it, name another, or accept new hosts (accept-new)",
        path.display()
    )]
    KnownHosts {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// No known_hosts file exists, so no host could be trusted.
    #[error(
        "no known_hosts file: looked for {}; create one, name one, or accept new hosts (accept-new)",
        list(looked)
    )]
    NoKnownHosts {
        /// The paths that were tried.
        looked: Vec<PathBuf>,
    },
}

fn list(paths: &[PathBuf]) -> String {
    let paths: Vec<String> = paths.iter().map(|path| path.display().to_string()).collect();
    paths.join(" and ")
}

/// The default login user.
pub(crate) fn default_user(config: &SshTransportBuilder) -> Result<String, SetupError> {
    let from_environment = || ["USER", "LOGNAME"].iter().find_map(|name| env::var(name).ok());
    let from_database = || User::from_uid(getuid()).ok().flatten().map(|user| user.name);
    let user = config.user.clone();
    // As OpenSSH does, if its configuration is used.
    let user = match config.connect.client_config.is_some() {
        true => user.or_else(from_database).or_else(from_environment),
        false => user.or_else(from_environment).or_else(from_database),
    };
    user.filter(|user| !user.is_empty()).ok_or(SetupError::NoUser)
}

/// Reads all files that the settings name; also returns warnings.
pub(crate) fn connector(config: &SshTransportBuilder) -> Result<(Connector, Vec<String>), SetupError> {
    let (credentials, mut warnings) = credentials(config)?;
    let room = room_for_connections().map_err(|TooFewFiles { limit }| SetupError::OpenFiles { limit })?;
    // The limit of open files caps a configured number too: running out of descriptors in the
    // middle of a job would fail hosts that are healthy.
    let room = config.max_connections.map_or(room, |most| most.min(room));
    let connector = Connector::new(
        config,
        room,
        Trust::new(verifier(config)?, &config.first_contacts),
        credentials,
    );
    warnings.extend(connector.warnings());
    Ok((connector, warnings))
}

fn credentials(config: &SshTransportBuilder) -> Result<(Credentials, Vec<String>), SetupError> {
    let agent = match config.agent.clone().unwrap_or_default() {
        Agent::Environment => agent_of_environment(),
        Agent::Socket(path) => Some(path),
        Agent::Off => None,
    };
    let asked_for = config.identities.is_some();
    let paths = config.identities.clone().unwrap_or_else(usual_key_files);
    let mut credentials = Credentials::new(config, agent);
    let mut warnings = Vec::new();
    for path in paths {
        let path = expand_home(&path);
        match credentials.add_key_file(&path) {
            Ok(()) => {}
            // An encrypted key that an agent holds is common, and no reason for a warning.
            Err(error) if credentials.may_be_in_agent(&path) && !asked_for && !error.is_mistake() => {}
            Err(error) if credentials.may_be_in_agent(&path) => {
                warnings.push(format!("{error}; unless an agent holds its key, it is skipped"));
            }
            // A default file that cannot be used is skipped.
            Err(error) if !asked_for => warnings.push(format!("{error}; skipped")),
            Err(error) => {
                return Err(SetupError::KeyFile {
                    message: error.to_string(),
                    path,
                });
            }
        }
    }
    Ok((credentials, warnings))
}

/// The default verifier of host keys. `None` where OpenSSH's configuration names the files.
fn verifier(config: &SshTransportBuilder) -> Result<Option<Verifier>, SetupError> {
    let policy = config.host_keys.unwrap_or_default();
    let files = match &config.known_hosts {
        Some(files) => files.iter().map(|file| expand_home(file)).collect(),
        None if config.connect.client_config.is_some() && policy != HostKeyPolicy::Insecure => return Ok(None),
        None => usual_known_hosts(policy)?,
    };
    let verifier = Verifier::new(policy, files);
    verifier
        .map(Some)
        .map_err(|FileError { path, source }| SetupError::KnownHosts { path, source })
}

fn usual_known_hosts(policy: HostKeyPolicy) -> Result<Vec<PathBuf>, SetupError> {
    let users = home().map(|home| home.join(".ssh").join("known_hosts"));
    let looked: Vec<PathBuf> = users
        .into_iter()
        .chain([PathBuf::from("/etc/ssh/ssh_known_hosts")])
        .collect();
    let is_users = |position: usize| position == 0 && looked.len() > 1;
    let kept = looked.iter().enumerate().filter(|(position, path)| {
        // The user's file, which new keys are written to, need not exist yet.
        path.exists() || (policy == HostKeyPolicy::AcceptNew && is_users(*position))
    });
    let files: Vec<PathBuf> = kept.map(|(_, path)| path.clone()).collect();
    // Said once here, instead of as a failure of every host.
    if files.is_empty() && policy == HostKeyPolicy::Strict {
        return Err(SetupError::NoKnownHosts { looked });
    }
    Ok(files)
}
