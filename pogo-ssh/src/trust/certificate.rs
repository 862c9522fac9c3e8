//! Validates host certificates.

use russh::keys::ssh_key::Error;
use russh::keys::ssh_key::HashAlg;
use russh::keys::{Algorithm, Certificate};

use crate::target::Target;
use pogo_core::fleet::matches_pattern;

/// Why a certificate is invalid. Prints as the end of a sentence.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum CertificateFault {
    /// Who signed it is not trusted for this host.
    #[error("it is signed by {0}, which no @cert-authority line names for this host")]
    Authority(String),
    /// It would let a user log in, and proves no host.
    #[error("it is for users, not for hosts")]
    ForUsers,
    /// It names hosts, and not this one.
    #[error("it is for {}, not for {wanted}", principals.join(", "))]
    Principal { principals: Vec<String>, wanted: String },
    /// It has expired, or is of later.
    #[error("it is not valid now, only between {after} and {before} (seconds since 1970)")]
    Time { after: u64, before: u64 },
    /// It is restricted in a way that OpenSSH does not know for hosts either.
    #[error("it asks for `{0}`, which is not known here")]
    CriticalOption(String),
    /// Its authority signs with what is not allowed.
    #[error("it is signed with {0}, which is not among CASignatureAlgorithms")]
    WeakSignature(Algorithm),
    /// It was changed after it was signed.
    #[error("its signature is wrong")]
    Signature,
}

/// Validates a certificate whose authority is trusted for the host, at this time (Unix seconds).
///
/// As with OpenSSH, a certificate without principals is valid for every host, and principals may contain wildcards.
pub(super) fn check(certificate: &Certificate, target: &Target, now: u64) -> Result<(), CertificateFault> {
    if !certificate.cert_type().is_host() {
        return Err(CertificateFault::ForUsers);
    }
    let name = target.key_name.as_str();
    let principals = certificate.valid_principals();
    let is_for = |principal: &String| matches_pattern(&principal.to_lowercase(), name);
    if !principals.is_empty() && !principals.iter().any(is_for) {
        return Err(CertificateFault::Principal {
            principals: principals.to_vec(),
            wanted: name.to_owned(),
        });
    }
    // No critical option is defined for hosts, and what is critical and unknown has to be refused.
    if let Some((option, _)) = certificate.critical_options().iter().next() {
        return Err(CertificateFault::CriticalOption(option.clone()));
    }
    let signed = certificate.signature().algorithm();
    // Before the signature is verified: the library would accept one with SHA-1.
    if !target.algorithms.host_keys.believes(&signed) {
        return Err(CertificateFault::WeakSignature(signed));
    }
    certificate
        .verify_signature()
        .map_err(|_: Error| CertificateFault::Signature)?;
    let (after, before) = (certificate.valid_after(), certificate.valid_before());
    if now < after || before <= now {
        return Err(CertificateFault::Time { after, before });
    }
    Ok(())
}

/// The authority's fingerprint.
pub(super) fn authority_of(certificate: &Certificate) -> String {
    certificate.signature_key().fingerprint(HashAlg::Sha256).to_string()
}
