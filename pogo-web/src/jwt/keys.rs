//! The keys of an issuer.

use jsonwebtoken::jwk::{Jwk, KeyAlgorithm, KeyOperations, PublicKeyUse};
use jsonwebtoken::{DecodingKey, Header};
use serde::Deserialize;

use super::{JwksError, JwtAlgorithm};

/// The keys of an issuer that may sign tokens.
pub(super) struct Keys(Vec<Jwk>);

impl Keys {
    /// Reads a JWK set. Keys of a kind that nobody here can use are left out; a set without any other is none.
    pub(super) fn parse(text: &str) -> Result<Self, JwksError> {
        let set: KeySet = serde_json::from_str(text).map_err(|error| {
            JwksError::new(format!(
                "the keys cannot be read: {error}; a JWK set is `{{\"keys\": […]}}`"
            ))
        })?;
        // One by one: a key of a kind that the library does not know must not make the others
        // useless.
        let keys = set.keys.into_iter().filter_map(|key| serde_json::from_value(key).ok());
        let keys: Vec<Jwk> = keys.filter(may_sign).collect();
        match keys.is_empty() {
            true => Err(JwksError::new(
                "there is no key in the set that could check a signature",
            )),
            false => Ok(Self(keys)),
        }
    }

    /// The key that a token says it was signed with. One that names none is of the only key of its kind, where there is
    /// only one.
    pub(super) fn find(&self, header: &Header, algorithm: JwtAlgorithm) -> Option<DecodingKey> {
        let mut suitable = self.0.iter().filter(|key| is_for(key, algorithm));
        let key = match &header.kid {
            Some(id) => suitable.find(|key| key.common.key_id.as_ref() == Some(id))?,
            None => match (suitable.next(), suitable.next()) {
                (Some(only), None) => only,
                _ => return None,
            },
        };
        DecodingKey::from_jwk(key).ok()
    }
}

#[derive(Deserialize)]
struct KeySet {
    keys: Vec<serde_json::Value>,
}

/// Whether any of the algorithms takes a key, which is no secret and none to encrypt with.
fn may_sign(key: &Jwk) -> bool {
    JwtAlgorithm::ALL.iter().any(|&algorithm| is_for(key, algorithm))
}

fn is_for(key: &Jwk, algorithm: JwtAlgorithm) -> bool {
    let common = &key.common;
    let is_to_sign = !matches!(&common.public_key_use, Some(used) if *used != PublicKeyUse::Signature);
    let verifies = |operations: &Vec<KeyOperations>| operations.contains(&KeyOperations::Verify);
    let is_to_verify = common.key_operations.as_ref().is_none_or(verifies);
    let is_meant = |named: KeyAlgorithm| named.to_string() == algorithm.name();
    is_to_sign && is_to_verify && common.key_algorithm.is_none_or(is_meant) && algorithm.takes(&key.algorithm)
}
