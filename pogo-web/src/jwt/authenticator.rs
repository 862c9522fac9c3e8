//! Lets people in by signed tokens.

use async_trait::async_trait;
use axum::http::request::Parts;
use jsonwebtoken::errors::ErrorKind;
use jsonwebtoken::{Validation, decode, decode_header};

use super::claims::{Claims, identity, refused};
use super::ring_verifier;
use super::{JwtAlgorithm, JwtIssuer};
use crate::bearer::bearer;
use crate::{AuthError, Authenticator, Identity};

/// Knows whoever asks by a JSON Web Token: `Authorization: Bearer …`. It has to be signed by a key of one of the
/// issuers, by an algorithm that is allowed and that the key is for; to be meant for this server, by its audience; and
/// to be neither over nor yet to come. Nothing of a token is believed before its signature holds, and no key that it
/// brings along is used.
#[derive(Debug, Clone)]
pub struct JwtAuthenticator {
    issuers: Vec<JwtIssuer>,
}

/// The most bytes of a token: more than any that is one.
const MOST_BYTES: usize = 16 << 10;

impl JwtAuthenticator {
    /// Takes tokens of these issuers. Where the process has not chosen a provider of cryptography for the crate
    /// `jsonwebtoken`, one is installed that checks signatures by `ring` and signs nothing; a program that signs tokens
    /// itself chooses its own before.
    pub fn new(issuers: impl IntoIterator<Item = JwtIssuer>) -> Self {
        ring_verifier::install();
        let issuers = issuers.into_iter().collect();
        Self { issuers }
    }

    async fn check(&self, token: &str) -> Result<Identity, AuthError> {
        // Not believed: it says only which key to try.
        let header = decode_header(token).map_err(|_| refused("this is no token that is known here"))?;
        let algorithm = JwtAlgorithm::of(header.alg);
        let mut reason = refused("the token is signed by no key of an issuer that is known here");
        for issuer in &self.issuers {
            let Some(algorithm) = algorithm.filter(|algorithm| issuer.algorithms.contains(algorithm)) else {
                continue;
            };
            let key = issuer.keys.find(&header, algorithm).await.map_err(|_| {
                // What is wrong with an issuer is nothing for whoever asks.
                refused("the keys of the issuer cannot be had now; try again")
            });
            let key = match key {
                Ok(Some(key)) => key,
                Ok(None) => continue,
                Err(error) => {
                    reason = error;
                    continue;
                }
            };
            match decode::<Claims>(token, &key, &validation(issuer, algorithm)) {
                Ok(data) => return identity(&data.claims, issuer),
                Err(error) => reason = refused(said_of(error.kind())),
            }
        }
        Err(reason)
    }
}

fn validation(issuer: &JwtIssuer, algorithm: JwtAlgorithm) -> Validation {
    let mut validation = Validation::new(algorithm.library());
    validation.leeway = issuer.leeway.as_secs();
    validation.validate_nbf = true;
    validation.set_issuer(&[&issuer.issuer]);
    validation.set_audience(&issuer.audiences);
    validation.set_required_spec_claims(&["exp", "iss", "aud"]);
    validation
}

fn said_of(error: &ErrorKind) -> &'static str {
    match error {
        ErrorKind::ExpiredSignature => "the token has expired; get another",
        ErrorKind::ImmatureSignature => "the token is not good yet; compare the clocks",
        ErrorKind::InvalidAudience => {
            "the token is meant for another server; ask for one with the audience of this one"
        }
        ErrorKind::InvalidIssuer => "the token is of another issuer",
        ErrorKind::MissingRequiredClaim(_) => "the token lacks a claim; it needs `exp`, `iss` and `aud`",
        _ => "the token is signed by no key of an issuer that is known here",
    }
}

#[async_trait]
impl Authenticator for JwtAuthenticator {
    async fn authenticate(&self, request: &Parts) -> Result<Identity, AuthError> {
        let token = bearer(request)?;
        match token.len() <= MOST_BYTES {
            true => self.check(token).await,
            false => Err(refused("the token is longer than any that is one")),
        }
    }
}
