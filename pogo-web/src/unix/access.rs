//! Who may open a socket.

use rustix::fs::Mode;

/// Who may open a socket.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Access {
    /// The account of this process alone: the socket is 0600, in a directory that is 0700 and of this account.
    Personal,
    /// The members of this group, by its number: the socket is 0660, in a directory in which nobody else may put files.
    Group(u32),
}

impl Access {
    /// The permissions of the socket.
    pub(super) fn mode(self) -> Mode {
        match self {
            Self::Personal => Mode::from_raw_mode(0o600),
            Self::Group(_) => Mode::from_raw_mode(0o660),
        }
    }

    /// Permissions that the directory may not have.
    pub(super) fn forbidden_in_directory(self) -> Mode {
        match self {
            Self::Personal => Mode::from_raw_mode(0o077),
            // Whoever may put files there could put a socket in place of this one.
            // Others may look into the directory, since the socket itself keeps them out.
            Self::Group(_) => Mode::from_raw_mode(0o022),
        }
    }
}
