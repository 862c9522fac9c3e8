//! Login with keys and user certificates.

use std::path::Path;

use russh::MethodKind;
use russh::client::AuthResult;
use russh::keys::HashAlg;

use super::agent::{Agent, AgentError};
use super::login::Login;
use super::offer::{Candidate, Offer, OfferSources, Offered, SignsWith};
use super::signer::{OfferSigner, SignError};
use crate::account::account_name;

/// What to say where an agent is gone.
fn lacking(socket: &Path) -> String {
    format!(
        "needs {}, and nobody answers at {}: attach from a login that has one",
        whose_agent(),
        socket.display()
    )
}

fn whose_agent() -> String {
    account_name().map_or_else(|| "an agent".to_owned(), |name| format!("{name}'s agent"))
}

impl Login<'_> {
    /// Tries keys and certificates of agent and files, in the order of `ssh`.
    pub(super) async fn try_keys(&mut self) -> Result<bool, russh::Error> {
        if !self.takes(MethodKind::PublicKey) {
            return Ok(false);
        }
        let (credentials, keys) = (self.credentials, &self.target.keys);
        let files = credentials.key_files_for(keys);
        let (certificates, unusable) = credentials.certificates_for(keys);
        self.tried.extend(unusable);
        let mut agent = match credentials.agent_for(keys) {
            Some(socket) => self.ask_agent(&socket).await,
            None => None,
        };
        // The agent's copies of configured files come first: behind an agent with nine other keys, the configured key
        // came after the server's limit.
        let sources = OfferSources {
            files: &files,
            certificates: &certificates,
            agent: agent.as_ref().map_or(&[], |agent| &agent.identities),
            only: keys.only,
        };
        let candidates = sources.in_order();
        let mut named = candidates.iter().filter(|candidate| self.is_named(candidate)).count();
        for candidate in candidates {
            let is_named = self.is_named(&candidate);
            named -= usize::from(is_named);
            // The server limits the tries: a configured key must not lose its try to other keys of the agent.
            if !is_named && self.left <= named {
                continue;
            }
            if !self.takes(MethodKind::PublicKey) || self.is_over() {
                return Ok(false);
            }
            let Some(offer) = self.opened(candidate).await else {
                continue;
            };
            if self.try_offer(&offer, agent.as_mut()).await? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Whether it comes from a configured file that can be used.
    fn is_named(&self, candidate: &Candidate) -> bool {
        let file = candidate.file().filter(|file| file.error().is_none());
        file.is_some_and(|file| self.credentials.is_named(file, &self.target.keys))
    }

    /// Asks the agent, or the one that stands in for it.
    async fn ask_agent(&mut self, socket: &Path) -> Option<Agent> {
        if let Some(agent) = self.ask_one_agent(socket).await {
            return Some(agent);
        }
        let agents = self.credentials.agents.as_ref()?;
        let other = agents.agent(socket).filter(|other| other != socket);
        let agent = match other {
            Some(other) => self.ask_one_agent(&other).await,
            None => None,
        };
        if agent.is_none() {
            self.lacks_agent = Some(lacking(socket));
        }
        agent
    }

    async fn ask_one_agent(&mut self, socket: &Path) -> Option<Agent> {
        if self.credentials.is_silent(socket) {
            self.tried
                .push("agent (did not answer before, and is not asked again)".to_owned());
            return None;
        }
        let answer = {
            let _pause = self.clock.pause();
            Agent::ask(socket, self.handle.agent_session_binding()).await
        };
        match answer {
            Ok(agent) => {
                if agent.identities.is_empty() {
                    let empty = "agent (shows no keys: it holds none, or is locked; `ssh-add -l` tells)";
                    self.tried.push(empty.to_owned());
                }
                Some(agent)
            }
            Err(error) => {
                self.tried.push(format!("agent ({error})"));
                if matches!(error, AgentError::Silent) {
                    self.credentials.note_silent(socket.to_owned());
                }
                None
            }
        }
    }

    /// The offer of a candidate; records why it cannot be used.
    async fn opened(&mut self, candidate: Candidate) -> Option<Offer> {
        if let Some(error) = candidate.file().and_then(|file| file.error()) {
            self.tried.push(error.to_string());
            return None;
        }
        let file = match candidate {
            Candidate::Known(offer) => return Some(offer),
            Candidate::Unopened(file) => file,
        };
        let opened = {
            let _pause = self.clock.pause();
            file.open(self.credentials.asker.as_ref()).await
        };
        match opened {
            Ok(key) => Some(Offer {
                what: Offered::Key(key.public_key().clone()),
                signer: SignsWith::File(file),
            }),
            Err(error) => {
                self.tried.push(error.to_string());
                None
            }
        }
    }

    async fn try_offer(&mut self, offer: &Offer, agent: Option<&mut Agent>) -> Result<bool, russh::Error> {
        let Some(hash) = self.hash_for(offer).await? else {
            return Ok(false);
        };
        if !self.may_try() {
            return Ok(false);
        }
        let mut signer = OfferSigner {
            with: &offer.signer,
            agent,
            asker: self.credentials.asker.as_ref(),
            clock: self.clock,
        };
        let (handle, user) = (&mut *self.handle, self.target.user.clone());
        let tried = match &offer.what {
            Offered::Key(key) => {
                let key = key.clone();
                handle.authenticate_publickey_with(user, key, hash, &mut signer).await
            }
            Offered::Certificate(certificate) => {
                let certificate = certificate.as_ref().clone();
                handle
                    .authenticate_certificate_with(user, certificate, hash, &mut signer)
                    .await
            }
        };
        self.note_offer(offer, tried)
    }

    /// The hash to sign with; records why the offer cannot be used.
    async fn hash_for(&mut self, offer: &Offer) -> Result<Option<Option<HashAlg>>, russh::Error> {
        let user_keys = &self.target.algorithms.user_keys;
        let chosen = match &offer.what {
            Offered::Key(key) => {
                let best = self.best_hash(&key.algorithm()).await?;
                user_keys.hash_for_key(key, best)
            }
            Offered::Certificate(certificate) => {
                let best = self.best_hash(&certificate.algorithm()).await?;
                user_keys.hash_for_certificate(certificate, best)
            }
        };
        match chosen {
            Ok(hash) => Ok(Some(hash)),
            Err(refusal) => {
                self.tried.push(format!("{} (not offered: {refusal})", offer.name()));
                Ok(None)
            }
        }
    }

    fn note_offer(&mut self, offer: &Offer, tried: Result<AuthResult, SignError>) -> Result<bool, russh::Error> {
        match tried {
            Ok(result) => Ok(self.note(&offer.name(), result)),
            Err(SignError::Send(_)) => Err(russh::Error::SendError),
            Err(error) => {
                if self.credentials.agents.is_some() && error.is_for_want_of_an_agent() {
                    self.lacks_agent = Some(format!(
                        "needs {}: {error}; attach from a login that has one",
                        whose_agent()
                    ));
                }
                self.tried
                    .push(format!("{} (the host would take it, but {error})", offer.name()));
                Ok(false)
            }
        }
    }
}
