//! Policy for hosts whose key is not known.

/// Policy for hosts whose key is not known. A key that differs from the known one is refused by all but
/// [`Insecure`](Self::Insecure).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Hash)]
#[non_exhaustive]
pub enum HostKeyPolicy {
    /// They are refused.
    #[default]
    Strict,
    /// Their key is added to the first known_hosts file, and trusted from then on.
    ///
    /// Stricter than OpenSSH in one point: a host of which any key is known is not new, and a key of another type is
    /// refused like a changed one.
    AcceptNew,
    /// No host key is checked at all: whoever can redirect a connection can read and change everything in it, and
    /// learns a password if one is used. For throw-away machines only.
    Insecure,
}
