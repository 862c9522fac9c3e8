#![doc = include_str!("../README.md")]
#![cfg_attr(docsrs, feature(doc_cfg))]

mod access;
mod any_of;
mod authenticator;
mod bearer;
mod body;
mod browser_login;
mod closing;
mod cross_origin;
#[cfg(feature = "grants-file")]
mod grants_file;
mod handlers;
mod headers;
mod history;
mod json;
#[cfg(feature = "jwt")]
mod jwt;
mod limits;
mod live;
#[cfg(feature = "oidc")]
mod oidc;
mod open_stream;
#[cfg(feature = "openapi")]
pub mod openapi;
#[cfg(feature = "page")]
mod page;
mod page_bytes;
mod parameters;
mod rate;
mod refusal;
mod request;
mod request_log;
mod revision;
mod roles;
mod routes;
mod secret_owners;
mod served_namespace;
#[cfg(any(feature = "tcp", feature = "unix"))]
mod serving;
mod standby_headers;
mod state;
#[cfg(feature = "tcp")]
pub mod tcp;
mod timeline;
#[cfg(feature = "tls")]
pub mod tls;
#[cfg(feature = "token-file")]
mod token_file;
mod tokens;
#[cfg(feature = "unix")]
pub mod unix;
mod uploads;

pub use access::{
    AccessQuestion, Decision, Grant, Grants, HostScope, InvalidWho, Recipe, Right, SharedGrants, Uncovered,
    UnknownVerb, Verb, Who,
};
pub use any_of::AnyOf;
pub use authenticator::{AuthError, Authenticator, Identity};
/// The crate whose `Router` and requests the signatures here name.
pub use axum;
#[cfg(feature = "grants-file")]
pub use grants_file::{GrantTest, GrantsFile};
#[cfg(feature = "jwks-url")]
pub use jwt::JwksUrl;
#[cfg(feature = "jwt")]
pub use jwt::{JwksError, JwksFile, JwksSource, JwtAlgorithm, JwtAuthenticator, JwtIssuer, UnknownAlgorithm};
pub use limits::Limits;
pub use live::{OutputFeed, QuestionBoard};
#[cfg(feature = "oidc")]
pub use oidc::{InvalidProvider, OidcLogins, OidcProvider, SessionLimits};
pub use request_log::{AnsweredRequest, RequestLog};
pub use roles::Standby;
pub use routes::{Route, router, routes};
pub use secrecy::SecretString;
pub use served_namespace::{SecretsKeeper, ServedNamespace};
pub use state::{Activity, RouterState, RouterStateBuilder};
#[cfg(feature = "token-file")]
pub use token_file::{NewSecret, NewToken, TokenEntry, TokenFile, TokenFileError, TokenGrant};
pub use tokens::Tokens;
#[cfg(feature = "unix")]
pub use unix::{Peer, PeerAccounts};
pub use uploads::Uploads;
