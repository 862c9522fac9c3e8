//! Login of people by an OIDC provider, in their browsers: the authorization code flow with PKCE, and sessions in
//! cookies.

mod attempt;
mod callback;
mod claims;
mod cookie;
mod exchange;
mod http;
mod logins;
mod logout;
mod metadata;
mod pages;
mod provider;
mod sessions;
mod words;

pub use logins::OidcLogins;
pub use provider::{InvalidProvider, OidcProvider};
pub use sessions::SessionLimits;
