//! Logging in with keys and user certificates.

use std::path::Path;
use std::sync::Arc;

use russh::MethodKind;
use russh::keys::ssh_key::HashAlg;
use russh::keys::{Certificate, PrivateKeyWithHashAlg, PublicKey};

use super::agent::AgentKeys;
use super::key_file::KeyFile;
use super::login::Login;
use crate::trust::fingerprint;

impl Login<'_> {
    /// The key file that the host names as its own.
    pub(super) async fn try_file_of_host(&mut self, path: &Path) -> Result<bool, russh::Error> {
        match self.credentials.key_file_of_host(path) {
            Ok(file) => self.try_key_file(&file).await,
            Err(error) => {
                self.tried.push(error.to_string());
                Ok(false)
            }
        }
    }

    /// The keys that the agent holds.
    pub(super) async fn try_agent(&mut self, socket: &Path) -> Result<bool, russh::Error> {
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
            if !self.credentials.may_use_from_agent(&key, &self.target.keys) || !self.may_offer(&key) {
                continue;
            }
            let name = format!("agent key {}", fingerprint(&key));
            let Some(hash) = self.hash_for(&name, &key).await? else {
                continue;
            };
            let user = self.target.user.as_str();
            let tried = self
                .handle
                .authenticate_publickey_with(user, key, hash, &mut agent.client);
            match tried.await {
                Ok(result) => {
                    if self.note(&name, result) {
                        return Ok(true);
                    }
                }
                Err(error) => self.tried.push(format!("{name} (the agent did not sign: {error})")),
            }
        }
        Ok(false)
    }

    /// A key file: the certificate beside it first, if there is one.
    pub(super) async fn try_key_file(&mut self, file: &KeyFile) -> Result<bool, russh::Error> {
        if !self.takes(MethodKind::PublicKey) || !self.may_offer(file.key.public_key()) {
            return Ok(false);
        }
        if let Some(certificate) = &file.certificate {
            if self.try_certificate(file, certificate).await? {
                return Ok(true);
            }
            if !self.takes(MethodKind::PublicKey) || !self.may_try() {
                return Ok(false);
            }
        }
        let name = format!("key file {}", file.path.display());
        let Some(hash) = self.hash_for(&name, file.key.public_key()).await? else {
            return Ok(false);
        };
        let user = self.target.user.as_str();
        let key = PrivateKeyWithHashAlg::new(Arc::clone(&file.key), hash);
        let result = self.handle.authenticate_publickey(user, key).await?;
        Ok(self.note(&name, result))
    }

    async fn try_certificate(&mut self, file: &KeyFile, certificate: &Certificate) -> Result<bool, russh::Error> {
        let name = format!("certificate of key file {}", file.path.display());
        let best = self.best_hash(&certificate.algorithm()).await?;
        let user_keys = &self.target.algorithms.user_keys;
        if let Err(refusal) = user_keys.hash_for_certificate(certificate, best) {
            self.tried.push(format!("{name} (not offered: {refusal})"));
            return Ok(false);
        }
        let user = self.target.user.as_str();
        let key = Arc::clone(&file.key);
        let tried = self.handle.authenticate_openssh_cert(user, key, certificate.clone());
        let result = tried.await?;
        Ok(self.note(&name, result))
    }

    /// What a key signs with here, as far as it may; notes why not.
    async fn hash_for(&mut self, name: &str, key: &PublicKey) -> Result<Option<Option<HashAlg>>, russh::Error> {
        let best = self.best_hash(&key.algorithm()).await?;
        match self.target.algorithms.user_keys.hash_for_key(key, best) {
            Ok(hash) => Ok(Some(hash)),
            Err(refusal) => {
                self.tried.push(format!("{name} (not offered: {refusal})"));
                Ok(None)
            }
        }
    }
}
