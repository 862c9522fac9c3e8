//! JSON Web Tokens as actors: of an OIDC provider, a CI job, or a proxy that signs.

mod algorithm;
mod authenticator;
mod cache;
mod claims;
mod issuer;
mod keys;
mod ring_verifier;
mod source;
#[cfg(feature = "jwks-url")]
mod url;

pub use algorithm::{JwtAlgorithm, UnknownAlgorithm};
pub use authenticator::JwtAuthenticator;
pub use issuer::JwtIssuer;
pub use source::{JwksError, JwksFile, JwksSource};
#[cfg(feature = "jwks-url")]
pub use url::JwksUrl;
