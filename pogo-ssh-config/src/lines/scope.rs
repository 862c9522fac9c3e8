//! Whose configuration a file is.

/// Whose configuration a file is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ConfigScope {
    /// The user's own, or an option of the command line: `~/` is the user's home directory.
    User,
    /// The machine's.
    System,
}
