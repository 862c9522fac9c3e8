//! `@cert-authority` lines.

use russh::keys::Certificate;

use super::index::{KeyVerdict, KnownHosts, KnownHostsEntry};
use super::line::EntryKind;
use super::names::lookup_name;

impl KnownHosts {
    /// Whether any authority is trusted for this host, so that certificates are worth offering.
    pub(crate) fn has_authority(&self, host: &str, port: u16) -> bool {
        let is_authority = |entry: &KnownHostsEntry| entry.line.standing == EntryKind::Authority;
        let names = [lookup_name(host, port), lookup_name(host, 22)];
        names.iter().any(|name| self.about(name).any(is_authority))
    }

    /// Judges the authority that signed a host's certificate; the certificate's own key must not be revoked either.
    pub(crate) fn judge_authority(&self, host: &str, port: u16, certificate: &Certificate) -> KeyVerdict {
        let mut verdict = KeyVerdict::Unknown;
        for name in [lookup_name(host, port), lookup_name(host, 22)] {
            for entry in self.about(&name) {
                let key = entry.line.key.key_data();
                let is_signer = key == certificate.signature_key();
                match entry.line.standing {
                    // At once, whatever other lines say: a revoked authority must not be trusted by
                    // another file.
                    EntryKind::Revoked if is_signer || key == certificate.public_key() => {
                        return KeyVerdict::Revoked(entry.on_record());
                    }
                    EntryKind::Authority if is_signer => verdict = KeyVerdict::Trusted,
                    _ => {}
                }
            }
        }
        verdict
    }
}
