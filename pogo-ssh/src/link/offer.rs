//! Keys and certificates to offer to a host, in the order of OpenSSH's client.

use std::sync::Arc;

use russh::keys::agent::AgentIdentity;
use russh::keys::{Certificate, PublicKey};

use super::key_file::KeyFile;
use crate::trust::fingerprint;

/// A key or certificate that may be offered.
pub(super) enum Candidate {
    /// One whose public part is known.
    Known(Offer),
    /// A key file whose public key is known only after opening it, which may need a passphrase.
    Unopened(Arc<KeyFile>),
}

/// One key or certificate to offer, and who signs with it.
pub(super) struct Offer {
    pub(super) what: Offered,
    pub(super) signer: SignsWith,
}

#[derive(Clone)]
pub(super) enum Offered {
    /// A plain public key.
    Key(PublicKey),
    /// A user certificate, for hosts that trust its authority.
    Certificate(Box<Certificate>),
}

/// Who signs for an offer.
#[derive(Clone)]
pub(super) enum SignsWith {
    /// The agent, with this identity.
    Agent(Box<AgentIdentity>),
    /// The private key of this file, if no agent holds it.
    File(Arc<KeyFile>),
}

/// The sources of offers.
pub(super) struct OfferSources<'a> {
    /// Key files in configured order.
    pub(super) files: &'a [Arc<KeyFile>],
    /// Configured certificates (`CertificateFile`); if there are any, those beside key files are not used.
    pub(super) certificates: &'a [Certificate],
    pub(super) agent: &'a [AgentIdentity],
    /// Whether only configured keys of the agent are offered (`IdentitiesOnly`).
    pub(super) only: bool,
}

impl OfferSources<'_> {
    /// Configured certificates; the agent's copies of configured files, in the agent's order; the rest of
    /// the agent; the rest of the files. Without duplicates.
    pub(super) fn in_order(&self) -> Vec<Candidate> {
        let mut named = self.of_files();
        let certificates = self.certificates.iter().filter_map(|one| self.certificate(one));
        let mut candidates: Vec<Candidate> = certificates.map(Candidate::Known).collect();
        let mut others = Vec::new();
        for identity in self.agent {
            let what = Offered::from(identity);
            let signer = SignsWith::Agent(Box::new(identity.clone()));
            // Signed by the agent rather than by the file, which may need a passphrase.
            if let Some(position) = named.iter().position(|candidate| candidate.offers(&what)) {
                named.remove(position);
                candidates.push(Candidate::Known(Offer { what, signer }));
            } else if !self.only {
                others.push(Candidate::Known(Offer { what, signer }));
            }
        }
        candidates.extend(others);
        candidates.extend(named);
        // Every offer counts against the server's `MaxAuthTries`, six by default: none is made twice.
        let mut seen: Vec<Offered> = Vec::new();
        candidates.retain(|candidate| match candidate {
            // Its public key is unknown until somebody opens it, so it cannot be compared.
            Candidate::Unopened(_) => true,
            Candidate::Known(offer) => {
                let again = seen.iter().any(|seen| seen.is(&offer.what));
                seen.push(offer.what.clone());
                !again
            }
        });
        candidates
    }

    /// Each file's key, then the certificate beside it.
    fn of_files(&self) -> Vec<Candidate> {
        let both = self.files.iter().flat_map(|file| {
            let key = match file.public.clone() {
                Some(key) => Candidate::Known(Offer {
                    what: Offered::Key(key),
                    signer: SignsWith::File(Arc::clone(file)),
                }),
                None => Candidate::Unopened(Arc::clone(file)),
            };
            let beside = file.certificate.as_ref().filter(|_| self.certificates.is_empty());
            let beside = beside.and_then(|certificate| self.certificate(certificate));
            [Some(key), beside.map(Candidate::Known)]
        });
        both.flatten().collect()
    }

    /// A certificate with its signer: the agent rather than a file, which may need a passphrase.
    fn certificate(&self, certificate: &Certificate) -> Option<Offer> {
        let key = certificate.public_key();
        let in_agent = self.agent.iter().find(|identity| match identity {
            AgentIdentity::PublicKey { key: held, .. } => held.key_data() == key,
            AgentIdentity::Certificate { certificate: held, .. } => same(held, certificate),
        });
        let in_file = || {
            let has = |file: &&Arc<KeyFile>| file.public.as_ref().is_some_and(|public| public.key_data() == key);
            let beside = |file: &&Arc<KeyFile>| file.certificate.as_ref().is_some_and(|one| same(one, certificate));
            self.files.iter().find(has).or_else(|| self.files.iter().find(beside))
        };
        let signer = match in_agent {
            Some(identity) => SignsWith::Agent(Box::new(identity.clone())),
            None => SignsWith::File(Arc::clone(in_file()?)),
        };
        Some(Offer {
            what: Offered::Certificate(Box::new(certificate.clone())),
            signer,
        })
    }
}

impl Candidate {
    /// The file that it is from, unless the agent signs for it.
    pub(super) fn file(&self) -> Option<&Arc<KeyFile>> {
        match self {
            Self::Unopened(file)
            | Self::Known(Offer {
                signer: SignsWith::File(file),
                ..
            }) => Some(file),
            Self::Known(_) => None,
        }
    }

    fn offers(&self, what: &Offered) -> bool {
        matches!(self, Self::Known(offer) if offer.what.is(what))
    }
}

impl Offer {
    /// Its name for messages, without secrets.
    pub(super) fn name(&self) -> String {
        match (&self.what, &self.signer) {
            (Offered::Key(key), SignsWith::Agent(_)) => format!("agent key {}", fingerprint(key)),
            (Offered::Certificate(certificate), SignsWith::Agent(_)) => {
                format!("agent certificate `{}`", certificate.key_id().escape_debug())
            }
            (Offered::Certificate(_), SignsWith::File(file)) => {
                format!("certificate of key file {}", file.path.display())
            }
            (Offered::Key(_), SignsWith::File(file)) => format!("key file {}", file.path.display()),
        }
    }
}

impl Offered {
    /// Whether both are the same offer; a certificate differs from its key.
    fn is(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Key(one), Self::Key(other)) => one.key_data() == other.key_data(),
            (Self::Certificate(one), Self::Certificate(other)) => same(one, other),
            _ => false,
        }
    }
}

/// Whether both certificates are equal, comments aside.
fn same(one: &Certificate, other: &Certificate) -> bool {
    one.to_bytes().ok() == other.to_bytes().ok()
}

impl From<&AgentIdentity> for Offered {
    fn from(identity: &AgentIdentity) -> Self {
        match identity {
            AgentIdentity::PublicKey { key, .. } => Self::Key(key.clone()),
            AgentIdentity::Certificate { certificate, .. } => Self::Certificate(Box::new(certificate.clone())),
        }
    }
}
