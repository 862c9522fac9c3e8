//! JSON Web Tokens as actors: of an OIDC provider, a CI job, or a proxy that signs.

mod algorithm;
mod authenticator;
mod cache;
mod claims;
mod issuer;
mod keys;
mod person;
mod ring_verifier;
mod source;
#[cfg(feature = "jwks-url")]
mod url;

#[cfg(feature = "oidc")]
pub(crate) use claims::{Claims, person};
#[cfg(feature = "oidc")]
pub(crate) use person::PersonClaims;

pub use algorithm::{JwtAlgorithm, UnknownAlgorithm};
pub use authenticator::JwtAuthenticator;
pub use issuer::JwtIssuer;
pub use source::{JwksError, JwksFile, JwksSource};
#[cfg(feature = "jwks-url")]
pub use url::JwksUrl;
