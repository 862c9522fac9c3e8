//! Who runs a command.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Who runs a command.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum RunAs {
    /// This user, through `sudo`.
    User(String),
    /// Whoever this program makes it, wherever it takes it: a chroot, a container, another way to become a user.
    /// `/bin/sh -c TEXT` is added to its words; in them `{host}` stands for the host's name.
    /// For example `podman`, `exec`, `-i`, `web`.
    Through(Vec<String>),
}

impl fmt::Display for RunAs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::User(user) => f.write_str(user),
            Self::Through(words) => write!(f, "through {}", words.join(" ")),
        }
    }
}
