//! Accepted user key algorithms, and the hashes that RSA keys sign with.

use std::sync::Arc;

use russh::keys::ssh_key::HashAlg;
use russh::keys::ssh_key::public::KeyData;
use russh::keys::{Algorithm, Certificate, PublicKey};

/// Public key algorithms for logging in, most preferred first.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct UserKeyAlgorithms {
    names: Vec<&'static str>,
    /// Hashes for RSA signatures.
    key_hashes: Vec<Option<HashAlg>>,
    certificate_hashes: Vec<Option<HashAlg>>,
    /// Signature algorithms accepted from certificate authorities.
    authorities: Arc<[Algorithm]>,
    shortest_rsa: u32,
}

/// Why a key is not offered to a host; prints as the remark on that key.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum KeyRefusal {
    /// Its algorithm, or that of its certificate, is not allowed.
    #[error("{0} is not among PubkeyAcceptedAlgorithms")]
    Algorithm(String),
    /// It is an RSA key of fewer bits than are required.
    #[error("it has {bits} bits, and {wanted} are required (RequiredRSASize)")]
    Short { bits: u32, wanted: u32 },
    /// The authority of its certificate signs with what is not allowed.
    #[error("its certificate is signed with {0}, which is not among CASignatureAlgorithms")]
    Authority(Algorithm),
    /// It is an RSA key, and host and user allow no hash in common.
    #[error("the host takes no RSA signature that PubkeyAcceptedAlgorithms allows; `+ssh-rsa` there allows SHA-1")]
    NoHash,
}

/// The best RSA hash of a host's `server-sig-algs` (`None` for SHA-1), if it sent that extension, as the SSH
/// library reports it.
pub(crate) type BestHash = Option<Option<HashAlg>>;

impl UserKeyAlgorithms {
    pub(super) fn new(names: Vec<&'static str>, authorities: Arc<[Algorithm]>, shortest_rsa: u32) -> Self {
        let hashes = |of: fn(&Algorithm) -> String| -> Vec<Option<HashAlg>> {
            let all = [Some(HashAlg::Sha512), Some(HashAlg::Sha256), None];
            let named = |name: &&str| {
                all.into_iter()
                    .find(|hash| of(&Algorithm::Rsa { hash: *hash }) == **name)
            };
            names.iter().filter_map(named).collect()
        };
        Self {
            key_hashes: hashes(Algorithm::to_string),
            certificate_hashes: hashes(Algorithm::to_certificate_type),
            names,
            authorities,
            shortest_rsa,
        }
    }

    fn check_key(&self, key: &PublicKey) -> Result<(), KeyRefusal> {
        self.check_type(&key.algorithm(), &self.key_hashes, Algorithm::to_string)?;
        self.check_length(key.key_data())
    }

    fn check_certificate(&self, certificate: &Certificate) -> Result<(), KeyRefusal> {
        let signed = certificate.signature().algorithm();
        if !self.authorities.contains(&signed) {
            return Err(KeyRefusal::Authority(signed));
        }
        let kind = certificate.algorithm();
        self.check_type(&kind, &self.certificate_hashes, Algorithm::to_certificate_type)?;
        self.check_length(certificate.public_key())
    }

    /// The hash a key signs with at this host; `None` for keys other than RSA, and for SHA-1. An error says why
    /// the key is not offered.
    pub(crate) fn hash_for_key(&self, key: &PublicKey, best: BestHash) -> Result<Option<HashAlg>, KeyRefusal> {
        self.check_key(key)?;
        match key.algorithm().is_rsa() {
            true => choose(&self.key_hashes, best),
            false => Ok(None),
        }
    }

    /// The hash that the key of a certificate signs with.
    pub(crate) fn hash_for_certificate(
        &self,
        certificate: &Certificate,
        best: BestHash,
    ) -> Result<Option<HashAlg>, KeyRefusal> {
        self.check_certificate(certificate)?;
        match certificate.algorithm().is_rsa() {
            true => choose(&self.certificate_hashes, best),
            false => Ok(None),
        }
    }

    fn check_type(
        &self,
        kind: &Algorithm,
        hashes: &[Option<HashAlg>],
        name: fn(&Algorithm) -> String,
    ) -> Result<(), KeyRefusal> {
        let accepted = match kind {
            // One key, three names: whether it may be used depends on the hashes, of which one is
            // chosen with the host.
            Algorithm::Rsa { .. } => !hashes.is_empty(),
            other => self.names.contains(&name(other).as_str()),
        };
        match accepted {
            true => Ok(()),
            false => Err(KeyRefusal::Algorithm(name(kind))),
        }
    }

    fn check_length(&self, key: &KeyData) -> Result<(), KeyRefusal> {
        match key {
            KeyData::Rsa(key) if key.key_size() < self.shortest_rsa => Err(KeyRefusal::Short {
                bits: key.key_size(),
                wanted: self.shortest_rsa,
            }),
            _ => Ok(()),
        }
    }
}

/// The most preferred hash that the host accepts.
fn choose(hashes: &[Option<HashAlg>], best: BestHash) -> Result<Option<HashAlg>, KeyRefusal> {
    let sha1 = hashes.contains(&None);
    match best {
        // As OpenSSH does: a host without the extension may be too old for SHA-2.
        None if sha1 => Ok(None),
        None => hashes.first().copied().ok_or(KeyRefusal::NoHash),
        Some(best) => {
            // Servers that accept SHA-512 accept SHA-256 as well.
            let fits = |hash: &&Option<HashAlg>| hash.is_some() && (best == Some(HashAlg::Sha512) || **hash == best);
            let chosen = hashes.iter().find(fits).copied();
            chosen.or_else(|| sha1.then_some(None)).ok_or(KeyRefusal::NoHash)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SHA512: Option<HashAlg> = Some(HashAlg::Sha512);
    const SHA256: Option<HashAlg> = Some(HashAlg::Sha256);

    #[test]
    fn an_rsa_key_signs_as_is_preferred_among_what_the_host_takes() {
        for (hashes, best, wanted) in [
            (&[SHA512, SHA256][..], Some(SHA512), Ok(SHA512)),
            (&[SHA256, SHA512], Some(SHA512), Ok(SHA256)),
            (&[SHA512, SHA256], Some(SHA256), Ok(SHA256)),
            (&[SHA512, SHA256], None, Ok(SHA512)),
            (&[SHA512, SHA256], Some(None), Err(KeyRefusal::NoHash)),
            (&[SHA512], Some(SHA256), Err(KeyRefusal::NoHash)),
            (&[SHA512, None], Some(None), Ok(None)),
            (&[SHA512, None], None, Ok(None)),
            (&[SHA512, None], Some(SHA512), Ok(SHA512)),
        ] {
            assert_eq!(choose(hashes, best), wanted, "{hashes:?} {best:?}");
        }
    }
}
