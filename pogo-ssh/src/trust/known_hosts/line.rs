//! One line of a known_hosts file.

use russh::keys::PublicKey;
use russh::keys::ssh_key::known_hosts::{Entry, Marker};

use super::names::Names;

/// The meaning of a line's key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum EntryKind {
    /// The key is the host's own.
    Trusted,
    /// The key signs the certificates of hosts.
    Authority,
    /// The key must not be trusted, whatever other lines say.
    Revoked,
}

/// A parsed line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct KnownHostsLine {
    pub(super) standing: EntryKind,
    pub(super) names: Names,
    pub(super) key: PublicKey,
}

/// Why a line is skipped.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum LineError {
    /// A field is missing, or the key cannot be decoded.
    #[error("not an entry: expected names, key type and key")]
    Malformed,
}

impl KnownHostsLine {
    /// Parses a line; `None` for empty lines and comments.
    pub(super) fn parse(text: &str) -> Result<Option<Self>, LineError> {
        let text = text.trim();
        if text.is_empty() || text.starts_with('#') {
            return Ok(None);
        }
        // The parser needs single spaces, while OpenSSH accepts any blanks. The comment is dropped.
        let fields = if text.starts_with('@') { 4 } else { 3 };
        let spaced = text.split_whitespace().take(fields).collect::<Vec<_>>().join(" ");
        let entry: Entry = spaced.parse().map_err(|_| LineError::Malformed)?;
        let standing = match entry.marker() {
            None => EntryKind::Trusted,
            Some(Marker::Revoked) => EntryKind::Revoked,
            Some(Marker::CertAuthority) => EntryKind::Authority,
        };
        Ok(Some(Self {
            standing,
            names: Names::new(entry.host_patterns()),
            key: entry.public_key().clone(),
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: &str = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJdD7y3aLq454yWBdwLWbieU1ebz9/cu7/QEXn9OIeZJ";

    #[test]
    fn comments_and_empty_lines_say_nothing() {
        for text in ["", "   ", "# web1", "  # web1"] {
            assert_eq!(KnownHostsLine::parse(text), Ok(None));
        }
    }

    #[test]
    fn fields_are_apart_by_any_blanks_and_a_comment_may_follow() {
        let plain = KnownHostsLine::parse(&format!("web1 {KEY}")).unwrap().unwrap();
        let blanks = KnownHostsLine::parse(&format!("  web1\t  {} # a comment", KEY.replace(' ', "\t")))
            .unwrap()
            .unwrap();
        assert_eq!(plain, blanks);
    }

    #[test]
    fn marks_are_read() {
        let standing =
            |mark: &str| KnownHostsLine::parse(&format!("{mark} * {KEY}")).map(|line| line.unwrap().standing);
        assert_eq!(standing("@revoked"), Ok(EntryKind::Revoked));
        assert_eq!(standing("@cert-authority"), Ok(EntryKind::Authority));
        assert_eq!(standing("@something"), Err(LineError::Malformed));
    }

    #[test]
    fn a_bad_line_is_an_error_of_its_own() {
        assert_eq!(KnownHostsLine::parse("web1 ssh-ed25519"), Err(LineError::Malformed));
        assert_eq!(
            KnownHostsLine::parse("web1 ssh-ed25519 !!!!"),
            Err(LineError::Malformed)
        );
    }
}
