//! Claims of an ID token, whichever there are.

use std::collections::BTreeMap;

use openidconnect::core::{
    CoreAuthDisplay, CoreAuthPrompt, CoreErrorResponseType, CoreGenderClaim, CoreJsonWebKey,
    CoreJweContentEncryptionAlgorithm, CoreJwsSigningAlgorithm, CoreRevocableToken, CoreRevocationErrorResponse,
    CoreTokenIntrospectionResponse, CoreTokenType,
};
use openidconnect::{
    AdditionalClaims, Client, EmptyExtraTokenFields, EndpointMaybeSet, EndpointNotSet, EndpointSet, IdTokenClaims,
    IdTokenFields, StandardErrorResponse, StandardTokenResponse,
};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::JwtAlgorithm;
use crate::jwt::Claims;

/// Claims beside those of the standard.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct OtherClaims {
    #[serde(flatten)]
    claims: BTreeMap<String, Value>,
}

impl AdditionalClaims for OtherClaims {}

// Spelt out because the library's short names have no other claims: groups, for one, are in no
// standard.
type TokenAnswer = StandardTokenResponse<
    IdTokenFields<
        OtherClaims,
        EmptyExtraTokenFields,
        CoreGenderClaim,
        CoreJweContentEncryptionAlgorithm,
        CoreJwsSigningAlgorithm,
    >,
    CoreTokenType,
>;

/// The library's client, with all claims that there are.
pub(super) type OidcClient = Client<
    OtherClaims,
    CoreAuthDisplay,
    CoreGenderClaim,
    CoreJweContentEncryptionAlgorithm,
    CoreJsonWebKey,
    CoreAuthPrompt,
    StandardErrorResponse<CoreErrorResponseType>,
    TokenAnswer,
    CoreTokenIntrospectionResponse,
    CoreRevocableToken,
    CoreRevocationErrorResponse,
    EndpointSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointMaybeSet,
    EndpointMaybeSet,
>;

/// All claims of a token that was checked, by their names.
pub(super) fn all_of(claims: &IdTokenClaims<OtherClaims, CoreGenderClaim>) -> Option<Claims> {
    match serde_json::to_value(claims).ok()? {
        Value::Object(claims) => Some(claims),
        _ => None,
    }
}

/// The library's name of an algorithm.
pub(super) fn signed_by(algorithm: JwtAlgorithm) -> CoreJwsSigningAlgorithm {
    match algorithm {
        // None of HMAC is here: its key would be the client's secret, and whoever reads the
        // settings could log in as anybody.
        JwtAlgorithm::RS256 => CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha256,
        JwtAlgorithm::RS384 => CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha384,
        JwtAlgorithm::RS512 => CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha512,
        JwtAlgorithm::PS256 => CoreJwsSigningAlgorithm::RsaSsaPssSha256,
        JwtAlgorithm::PS384 => CoreJwsSigningAlgorithm::RsaSsaPssSha384,
        JwtAlgorithm::PS512 => CoreJwsSigningAlgorithm::RsaSsaPssSha512,
        JwtAlgorithm::ES256 => CoreJwsSigningAlgorithm::EcdsaP256Sha256,
        JwtAlgorithm::ES384 => CoreJwsSigningAlgorithm::EcdsaP384Sha384,
        JwtAlgorithm::EdDSA => CoreJwsSigningAlgorithm::EdDsa,
    }
}
