//! What is offered to a host, in the order of OpenSSH's client.

use std::sync::Arc;

use russh::keys::agent::AgentIdentity;
use russh::keys::{Certificate, PublicKey};

use super::key_file::KeyFile;
use crate::trust::fingerprint;

/// What may be offered.
pub(super) enum Candidate {
    /// A key or certificate that is known.
    Known(Offer),
    /// A key file whose public key is known only once it is opened, for which somebody may have to be asked.
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
    /// A user certificate, which a host takes whose authority signed it.
    Certificate(Box<Certificate>),
}

/// Who signs for what is offered.
#[derive(Clone)]
pub(super) enum SignsWith {
    /// The agent, with this of what it holds.
    Agent(Box<AgentIdentity>),
    /// The private key of this file, where no agent holds it.
    File(Arc<KeyFile>),
}

/// What there is to offer.
pub(super) struct OfferSources<'a> {
    /// Key files, in the order they are named in.
    pub(super) files: &'a [Arc<KeyFile>],
    /// Certificates that are named apart from key files; then those beside key files do not count.
    pub(super) certificates: &'a [Certificate],
    pub(super) agent: &'a [AgentIdentity],
    /// Whether of the agent's only those are offered that are named here.
    pub(super) only: bool,
}

impl OfferSources<'_> {
    /// Certificates that are named as such; what the agent holds of the named files, in the agent's order; the rest of
    /// the agent; the rest of the files. Nothing comes twice.
    pub(super) fn in_order(&self) -> Vec<Candidate> {
        let mut named = self.of_files();
        let certificates = self.certificates.iter().filter_map(|one| self.certificate(one));
        let mut candidates: Vec<Candidate> = certificates.map(Candidate::Known).collect();
        let mut others = Vec::new();
        for identity in self.agent {
            let what = Offered::from(identity);
            let signer = SignsWith::Agent(Box::new(identity.clone()));
            if let Some(position) = named.iter().position(|candidate| candidate.offers(&what)) {
                named.remove(position);
                candidates.push(Candidate::Known(Offer { what, signer }));
            } else if !self.only {
                others.push(Candidate::Known(Offer { what, signer }));
            }
        }
        candidates.extend(others);
        candidates.extend(named);
        let mut seen: Vec<Offered> = Vec::new();
        candidates.retain(|candidate| match candidate {
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

    /// A certificate, signed for by whoever holds its key: the agent rather than a file, which may have to be opened.
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
    /// The file that it is from, if it is from none of the agent's keys.
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
    /// What it is called, without secrets.
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
    /// Whether both are one and the same; a certificate is not its key.
    fn is(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Key(one), Self::Key(other)) => one.key_data() == other.key_data(),
            (Self::Certificate(one), Self::Certificate(other)) => same(one, other),
            _ => false,
        }
    }
}

/// Whether both are the same, whatever is written beside them.
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
