//! Logging in: agent, key files, password, in this order.

use std::path::Path;
use std::sync::Arc;

use pogo_core::scheduler::FailureKind;
use russh::client::{AuthResult, Handle};
use russh::keys::ssh_key::HashAlg;
use russh::keys::{PrivateKeyWithHashAlg, PublicKey};
use russh::{MethodKind, MethodSet};
use secrecy::ExposeSecret;

use super::agent::AgentKeys;
use super::connect::Unconnected;
use super::credentials::Credentials;
use super::handler::{Goodbye, LastWords, LinkHandler};
use super::key_file::KeyFile;
use crate::target::Target;
use crate::trust::fingerprint;

/// Logs in, or tells what was tried.
pub(super) async fn authenticate(
    handle: &mut Handle<LinkHandler>,
    last_words: &LastWords,
    target: &Target,
    credentials: &Credentials,
) -> Result<(), Unconnected> {
    let mut login = Login {
        handle,
        user: &target.user,
        left: credentials.tries,
        tried: Vec::new(),
        offered: Vec::new(),
        accepts: None,
        rsa_hash: None,
    };
    match login.run(target, credentials).await {
        Ok(true) => return Ok(()),
        Ok(false) => {}
        Err(error) => login.tried.push(format!("then {error}")),
    }
    let goodbye = if login.handle.is_closed() {
        last_words.get()
    } else {
        None
    };
    let kind = match &goodbye {
        // It was not about who we are.
        Some(Goodbye::Lost(_)) => FailureKind::Unreachable,
        Some(Goodbye::Said(_)) | None => FailureKind::Authentication,
    };
    let goodbye = goodbye.map_or_else(String::new, |goodbye| format!("; {goodbye}"));
    Err(Unconnected {
        kind,
        message: format!("{}{goodbye}", login.refusal(target)),
    })
}

/// One login under way.
struct Login<'a> {
    handle: &'a mut Handle<LinkHandler>,
    user: &'a str,
    /// How many more tries.
    left: usize,
    /// What was tried, in words without secrets.
    tried: Vec<String>,
    /// Keys that were tried; none is tried twice.
    offered: Vec<PublicKey>,
    /// Methods that the host takes, once it has said so.
    accepts: Option<MethodSet>,
    rsa_hash: Option<HashAlg>,
}

impl Login<'_> {
    async fn run(&mut self, target: &Target, credentials: &Credentials) -> Result<bool, russh::Error> {
        // A password comes last and must not find its try used up by keys.
        let reserved = usize::from(credentials.password.is_some() && self.left > 1);
        self.left -= reserved;
        if let Some(path) = &target.identity
            && self.try_file_of_host(path, credentials).await?
        {
            return Ok(true);
        }
        if let Some(socket) = &credentials.agent
            && self.try_agent(socket).await?
        {
            return Ok(true);
        }
        for file in &credentials.key_files {
            if self.try_key_file(file).await? {
                return Ok(true);
            }
        }
        self.left += reserved;
        self.try_password(credentials).await
    }

    async fn try_file_of_host(&mut self, path: &Path, credentials: &Credentials) -> Result<bool, russh::Error> {
        match credentials.key_file_of_host(path) {
            Ok(file) => self.try_key_file(&file).await,
            Err(error) => {
                self.tried.push(error.to_string());
                Ok(false)
            }
        }
    }

    async fn try_agent(&mut self, socket: &Path) -> Result<bool, russh::Error> {
        if !self.takes(MethodKind::PublicKey) {
            return Ok(false);
        }
        let mut agent = match AgentKeys::ask(socket).await {
            Ok(agent) => agent,
            Err(error) => {
                self.tried.push(format!("agent (cannot be asked: {error})"));
                return Ok(false);
            }
        };
        if agent.keys.is_empty() {
            self.tried.push("agent (holds no keys)".to_owned());
        }
        for key in std::mem::take(&mut agent.keys) {
            if !self.may_offer(&key) {
                continue;
            }
            let name = format!("agent key {}", fingerprint(&key));
            let hash = self.hash_for(&key).await?;
            let tried = self
                .handle
                .authenticate_publickey_with(self.user, key, hash, &mut agent.client);
            match tried.await {
                Ok(result) => {
                    if self.note(name, result) {
                        return Ok(true);
                    }
                }
                Err(error) => self.tried.push(format!("{name} (the agent did not sign: {error})")),
            }
        }
        Ok(false)
    }

    async fn try_key_file(&mut self, file: &KeyFile) -> Result<bool, russh::Error> {
        if !self.takes(MethodKind::PublicKey) || !self.may_offer(file.key.public_key()) {
            return Ok(false);
        }
        let hash = self.hash_for(file.key.public_key()).await?;
        let key = PrivateKeyWithHashAlg::new(Arc::clone(&file.key), hash);
        let result = self.handle.authenticate_publickey(self.user, key).await?;
        Ok(self.note(format!("key file {}", file.path.display()), result))
    }

    async fn try_password(&mut self, credentials: &Credentials) -> Result<bool, russh::Error> {
        let Some(password) = &credentials.password else {
            return Ok(false);
        };
        if self.left == 0 || !self.takes(MethodKind::Password) {
            self.tried.push("password (not asked for by the host)".to_owned());
            return Ok(false);
        }
        self.left -= 1;
        let result = self
            .handle
            .authenticate_password(self.user, password.expose_secret())
            .await?;
        Ok(self.note("password".to_owned(), result))
    }

    /// Whether the host may take this method, as far as it has said.
    fn takes(&self, method: MethodKind) -> bool {
        self.accepts.as_ref().is_none_or(|accepts| accepts.contains(&method))
    }

    /// Whether this key may be offered now; then it counts as offered.
    fn may_offer(&mut self, key: &PublicKey) -> bool {
        let again = self.offered.iter().any(|offered| offered.key_data() == key.key_data());
        if again || self.left == 0 || self.handle.is_closed() {
            return false;
        }
        self.left -= 1;
        self.offered.push(key.clone());
        true
    }

    /// The hash an RSA key signs with here; SHA-1 is never used.
    async fn hash_for(&mut self, key: &PublicKey) -> Result<Option<HashAlg>, russh::Error> {
        if !key.algorithm().is_rsa() {
            return Ok(None);
        }
        if self.rsa_hash.is_none() {
            let best = self.handle.best_supported_rsa_hash().await?.flatten();
            self.rsa_hash = Some(best.unwrap_or(HashAlg::Sha512));
        }
        Ok(self.rsa_hash)
    }

    /// Notes how a try went; true when logged in.
    fn note(&mut self, name: String, result: AuthResult) -> bool {
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

    fn refusal(&self, target: &Target) -> String {
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
        format!("cannot log in to {target} as {}: {tried}{accepts}", self.user)
    }
}
