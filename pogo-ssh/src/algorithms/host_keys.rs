//! Accepted host key algorithms, and the algorithms that may sign host certificates.

use std::sync::Arc;

use russh::keys::ssh_key::HashAlg;
use russh::keys::ssh_key::public::KeyData;
use russh::keys::{Algorithm, PublicKey};

/// Host key algorithms, most preferred first.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct HostKeyAlgorithms {
    pub(crate) plain: Vec<Algorithm>,
    pub(crate) certificates: Vec<Algorithm>,
    /// Signature algorithms accepted from certificate authorities.
    authorities: Arc<[Algorithm]>,
    shortest_rsa: u32,
}

/// Why a host key is refused whether or not it is known.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum WeakHostKey {
    /// The host shows a key of a type that was not offered.
    #[error("it shows a key of type {0}, which was not asked for (HostKeyAlgorithms)")]
    Type(Algorithm),
    /// It is an RSA key of fewer bits than are required.
    #[error("its RSA key has {bits} bits, and {wanted} are required (RequiredRSASize)")]
    Short { bits: u32, wanted: u32 },
    /// The host signs with an algorithm that was not offered.
    #[error("it proves its key with {0}, which was not asked for (HostKeyAlgorithms)")]
    Signature(String),
}

impl HostKeyAlgorithms {
    pub(super) fn new(names: &[&str], authorities: Arc<[Algorithm]>, shortest_rsa: u32) -> Self {
        let is_certificate = |name: &&&str| name.contains("-cert-v01@");
        let plain = names.iter().filter(|name| !is_certificate(name));
        let certificates = names.iter().filter(is_certificate);
        Self {
            plain: plain.filter_map(|name| Algorithm::new(name).ok()).collect(),
            certificates: certificates
                .filter_map(|name| Algorithm::new_certificate(name).ok())
                .collect(),
            authorities,
            shortest_rsa,
        }
    }

    /// Whether a certificate with this signature algorithm may be trusted.
    pub(crate) fn believes(&self, signature: &Algorithm) -> bool {
        self.authorities.contains(signature)
    }

    /// Checks a key's type and length: the server may send another key than was negotiated.
    pub(crate) fn check_key(&self, key: &PublicKey) -> Result<(), WeakHostKey> {
        let kind = family(&key.algorithm());
        let mut asked_for = self.plain.iter().chain(&self.certificates);
        if !asked_for.any(|algorithm| family(algorithm) == kind) {
            return Err(WeakHostKey::Type(kind));
        }
        match key.key_data() {
            // Looked at here: in the handshake a key type is negotiated, and no length.
            KeyData::Rsa(rsa) if rsa.key_size() < self.shortest_rsa => Err(WeakHostKey::Short {
                bits: rsa.key_size(),
                wanted: self.shortest_rsa,
            }),
            _ => Ok(()),
        }
    }

    /// Checks that the signature algorithm of the key exchange is one that was offered. The SSH library accepts
    /// any valid signature, SHA-1 included.
    pub(crate) fn check_signature(&self, signature: &[u8]) -> Result<(), WeakHostKey> {
        let name = signature_name(signature).unwrap_or("something unknown");
        let mut asked_for = self.plain.iter().chain(&self.certificates);
        match asked_for.any(|algorithm| algorithm.as_str() == name) {
            true => Ok(()),
            false => Err(WeakHostKey::Signature(name.to_owned())),
        }
    }
}

/// The key type of a signature algorithm: RSA keys sign with several.
pub(crate) fn family(algorithm: &Algorithm) -> Algorithm {
    match algorithm {
        Algorithm::Rsa {
            hash: Some(HashAlg::Sha256 | HashAlg::Sha512) | None,
        } => Algorithm::Rsa { hash: None },
        other => other.clone(),
    }
}

/// The algorithm name of an encoded signature, which begins with its length and the name.
fn signature_name(signature: &[u8]) -> Option<&str> {
    let (length, rest) = signature.split_at_checked(4)?;
    let length = u32::from_be_bytes(length.try_into().ok()?);
    let name = rest.get(..usize::try_from(length).ok()?)?;
    std::str::from_utf8(name)
        .ok()
        .filter(|name| name.chars().all(|c| c.is_ascii_graphic()))
}
