//! What is offered to a host, in the order of OpenSSH's client.

use std::sync::Arc;

use russh::keys::agent::AgentIdentity;
use russh::keys::{Certificate, PublicKey};

use super::key_file::KeyFile;
use crate::trust::fingerprint;

/// One key or certificate to offer, and who signs with it.
pub(super) struct Offer {
    pub(super) what: Offered,
    pub(super) signer: SignsWith,
}

#[derive(Clone)]
pub(super) enum Offered {
    Key(PublicKey),
    Certificate(Box<Certificate>),
    /// A key that nobody knows before its file is opened.
    Unopened,
}

#[derive(Clone)]
pub(super) enum SignsWith {
    /// The agent, with this of what it holds.
    Agent(Box<AgentIdentity>),
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
    pub(super) fn in_order(&self) -> Vec<Offer> {
        let mut named = self.of_files();
        let mut offers: Vec<Offer> = self
            .certificates
            .iter()
            .filter_map(|one| self.certificate(one))
            .collect();
        let mut others = Vec::new();
        for identity in self.agent {
            let what = Offered::from(identity);
            let signer = SignsWith::Agent(Box::new(identity.clone()));
            if let Some(position) = named.iter().position(|offer| offer.what.is(&what)) {
                named.remove(position);
                offers.push(Offer { what, signer });
            } else if !self.only {
                others.push(Offer { what, signer });
            }
        }
        offers.extend(others);
        offers.extend(named);
        let mut seen: Vec<Offered> = Vec::new();
        offers.retain(|offer| {
            let again = seen.iter().any(|seen| seen.is(&offer.what));
            seen.push(offer.what.clone());
            !again
        });
        offers
    }

    /// Each file's key, then the certificate beside it.
    fn of_files(&self) -> Vec<Offer> {
        let both = self.files.iter().flat_map(|file| {
            let key = file.public.clone().map_or(Offered::Unopened, Offered::Key);
            let key = Offer {
                what: key,
                signer: SignsWith::File(Arc::clone(file)),
            };
            let beside = file.certificate.as_ref().filter(|_| self.certificates.is_empty());
            [Some(key), beside.and_then(|certificate| self.certificate(certificate))]
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
            (Offered::Key(_) | Offered::Unopened, SignsWith::File(file)) => format!("key file {}", file.path.display()),
            (Offered::Unopened, SignsWith::Agent(_)) => "agent key".to_owned(),
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
