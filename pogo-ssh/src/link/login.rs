//! One login: which ways are tried, in which order, and how often.

use russh::client::{AuthResult, Handle};
use russh::keys::{Algorithm, PublicKey};
use russh::{MethodKind, MethodSet};

use super::credentials::Credentials;
use super::handler::LinkHandler;
use crate::algorithms::BestHash;
use crate::target::{Keys, Target};

/// One login under way.
pub(super) struct Login<'a> {
    pub(super) handle: &'a mut Handle<LinkHandler>,
    pub(super) target: &'a Target,
    pub(super) credentials: &'a Credentials,
    /// How many more tries.
    pub(super) left: usize,
    /// What was tried, in words without secrets.
    pub(super) tried: Vec<String>,
    /// Keys that were tried; none is tried twice.
    offered: Vec<PublicKey>,
    /// Methods that the host takes, once it has said so.
    accepts: Option<MethodSet>,
    /// Once it was asked for.
    best_hash: Option<BestHash>,
}

impl<'a> Login<'a> {
    pub(super) fn new(handle: &'a mut Handle<LinkHandler>, target: &'a Target, credentials: &'a Credentials) -> Self {
        Self {
            handle,
            target,
            credentials,
            left: credentials.tries,
            tried: Vec::new(),
            offered: Vec::new(),
            accepts: None,
            best_hash: None,
        }
    }

    /// Tries one after the other; true when logged in.
    pub(super) async fn run(&mut self) -> Result<bool, russh::Error> {
        let credentials = self.credentials;
        // A password comes last and must not find its try used up by keys.
        let keys = &self.target.keys;
        let [may_use_keys, may_use_password, may_answer] = keys.methods;
        let has_secret = (credentials.password.is_some() && (may_use_password || may_answer))
            || (credentials.asker.is_some() && may_answer);
        let reserved = usize::from(has_secret && self.left > 1);
        self.left -= reserved;
        if may_use_keys && self.try_keys(keys).await? {
            return Ok(true);
        }
        self.left += reserved;
        Ok((may_use_password && self.try_password().await?) || (may_answer && self.try_prompts().await?))
    }

    async fn try_keys(&mut self, keys: &Keys) -> Result<bool, russh::Error> {
        let credentials = self.credentials;
        for path in &keys.files {
            if self.try_file_of_host(path).await? {
                return Ok(true);
            }
        }
        if let Some(socket) = credentials.agent_for(keys)
            && self.try_agent(&socket).await?
        {
            return Ok(true);
        }
        for file in credentials.key_files.iter().filter(|_| keys.usual) {
            if self.try_key_file(file).await? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Whether the host may take this method, as far as it has said.
    pub(super) fn takes(&self, method: MethodKind) -> bool {
        self.accepts.as_ref().is_none_or(|accepts| accepts.contains(&method))
    }

    /// Whether the host says that it takes this method; asks it, if it has not said anything yet.
    pub(super) async fn asks_for(&mut self, method: MethodKind) -> Result<bool, russh::Error> {
        if self.accepts.is_none() {
            let asked = self.handle.authenticate_none(self.target.user.as_str()).await?;
            if let AuthResult::Failure { remaining_methods, .. } = asked {
                self.accepts = Some(remaining_methods);
            }
        }
        Ok(self.takes(method))
    }

    /// Whether one more may be tried; then it counts as tried.
    pub(super) fn may_try(&mut self) -> bool {
        if self.left == 0 || self.handle.is_closed() {
            return false;
        }
        self.left -= 1;
        true
    }

    /// Whether this key may be offered now; then it counts as offered.
    pub(super) fn may_offer(&mut self, key: &PublicKey) -> bool {
        let again = self.offered.iter().any(|offered| offered.key_data() == key.key_data());
        if again || !self.may_try() {
            return false;
        }
        self.offered.push(key.clone());
        true
    }

    /// What the host says of the hashes that it takes from RSA keys; asked once, and only if one is to be offered.
    pub(super) async fn best_hash(&mut self, kind: &Algorithm) -> Result<BestHash, russh::Error> {
        if !matches!(kind, Algorithm::Rsa { .. }) {
            return Ok(None);
        }
        match self.best_hash {
            Some(best) => Ok(best),
            None => Ok(*self.best_hash.insert(self.handle.best_supported_rsa_hash().await?)),
        }
    }

    /// Notes how a try went; true when logged in.
    pub(super) fn note(&mut self, name: &str, result: AuthResult) -> bool {
        match result {
            AuthResult::Success => true,
            AuthResult::Failure {
                remaining_methods,
                partial_success,
            } => {
                let verdict = if partial_success {
                    "accepted, but more is asked for"
                } else {
                    "refused"
                };
                self.tried.push(format!("{name} ({verdict})"));
                self.accepts = Some(remaining_methods);
                false
            }
        }
    }

    /// Why nobody is logged in, as one sentence.
    pub(super) fn refusal(&self) -> String {
        let tried = match self.tried.as_slice() {
            [] => "there was nothing to try: name a key file, load a key into the agent, or give a password".to_owned(),
            tried => format!("tried {}", tried.join(", ")),
        };
        let accepts = match self.accepts.as_deref() {
            None | Some([]) => String::new(),
            Some(methods) => {
                let names: Vec<&str> = methods.iter().map(<&str>::from).collect();
                format!("; the host takes {}", names.join(", "))
            }
        };
        let Target { user, .. } = self.target;
        format!("cannot log in to {} as {user}: {tried}{accepts}", self.target)
    }
}
