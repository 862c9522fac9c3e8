//! The local account and machine.

use std::path::PathBuf;

use nix::unistd::{User, getuid};

use super::error::ClientConfigError;

/// The user this process runs as, and its machine: from the user database, like OpenSSH, not the environment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct LocalAccount {
    pub(super) user: String,
    pub(super) home: PathBuf,
    pub(super) uid: u32,
    /// The machine's host name, with its domain if that is part of it.
    pub(super) machine: String,
}

impl LocalAccount {
    pub(super) fn find() -> Result<Self, ClientConfigError> {
        let uid = getuid();
        let nobody = |reason: String| ClientConfigError::Nobody { reason };
        let found = User::from_uid(uid).map_err(|error| nobody(error.to_string()))?;
        let user = found.ok_or_else(|| {
            nobody(format!(
                "there is no user with the number {uid}; add one to /etc/passwd, as `ssh` needs it too (a container \
                 runs under the number that it is started with)"
            ))
        })?;
        Ok(Self {
            user: user.name,
            home: user.dir,
            uid: uid.as_raw(),
            machine: rustix::system::uname().nodename().to_string_lossy().into_owned(),
        })
    }

    pub(super) fn home_text(&self) -> String {
        self.home.to_string_lossy().into_owned()
    }

    /// Expands a leading `~` or `~name`.
    pub(super) fn at_home(&self, text: &str) -> Result<String, String> {
        let Some(rest) = text.strip_prefix('~') else {
            return Ok(text.to_owned());
        };
        let (name, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
        if name.is_empty() {
            return Ok(format!("{}{path}", self.home_text()));
        }
        let user = User::from_name(name).ok().flatten();
        let user = user.ok_or_else(|| format!("`{text}`: there is no user `{name}`"))?;
        Ok(format!("{}{path}", user.dir.display()))
    }
}
