//! Policy for hosts without a known key.

use std::fmt;

/// Policy for hosts without a known key. A key that differs from the known one is refused by all but
/// [`Insecure`](Self::Insecure).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Hash)]
#[non_exhaustive]
pub enum HostKeyPolicy {
    /// Refuse them.
    #[default]
    Strict,
    /// Add their key to the first known_hosts file and trust it from then on.
    ///
    /// Stricter than OpenSSH in one point: a host with any known key is not new, and a key of another type is
    /// refused like a changed one.
    AcceptNew,
    /// Check no host key at all: whoever can redirect a connection can read and change everything in it, and
    /// learns a password if one is used. For throw-away machines only.
    Insecure,
}

impl fmt::Display for HostKeyPolicy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Strict => "strict",
            Self::AcceptNew => "accept-new",
            Self::Insecure => "insecure",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_policy_prints_as_the_program_reads_it() {
        let policies = [HostKeyPolicy::Strict, HostKeyPolicy::AcceptNew, HostKeyPolicy::Insecure];
        assert_eq!(
            policies.map(|policy| policy.to_string()),
            ["strict", "accept-new", "insecure"]
        );
    }
}
