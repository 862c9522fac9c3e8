//! A provider by which people log in.

use std::sync::Arc;

use secrecy::SecretString;
use url::Url;

use crate::JwtAlgorithm;
use crate::jwt::PersonClaims;

/// A provider by which people log in, and what of its tokens says who they are.
///
/// By default `sub` is the name, nobody is in a group, and tokens are signed with RS256, ES256 or EdDSA.
#[derive(Debug, Clone)]
pub struct OidcProvider {
    pub(super) name: Arc<str>,
    pub(super) title: String,
    pub(super) issuer: String,
    pub(super) client: String,
    pub(super) secret: Option<SecretString>,
    pub(super) scopes: Vec<String>,
    pub(super) person: PersonClaims,
    pub(super) algorithms: Vec<JwtAlgorithm>,
    pub(super) keeps_session: bool,
}

/// A provider that cannot be one.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
#[non_exhaustive]
pub struct InvalidProvider {
    /// What is wrong, and what would be right.
    pub message: String,
}

impl InvalidProvider {
    pub(super) fn new(message: impl Into<String>) -> Self {
        let message = message.into();
        Self { message }
    }
}

impl OidcProvider {
    /// The provider at this issuer, which knows this server by a client id. The name is part of addresses, and what
    /// records say of how somebody was known.
    ///
    /// # Errors
    /// The name is not of lower-case letters, digits and `-`; or the issuer is no address at `https:`, or at `http:` on
    /// this machine.
    pub fn new(name: &str, issuer: &str, client: impl Into<String>) -> Result<Self, InvalidProvider> {
        let is_letter = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
        if name.is_empty() || name.len() > 64 || !name.bytes().all(is_letter) {
            return Err(InvalidProvider::new(format!(
                "`{}` is part of addresses: write lower-case letters, digits and `-`, such as `company`",
                name.escape_debug()
            )));
        }
        use JwtAlgorithm::{ES256, EdDSA, RS256};
        Ok(Self {
            name: name.into(),
            title: name.to_owned(),
            issuer: safe_address("the issuer", issuer).map(|_| issuer.to_owned())?,
            client: client.into(),
            secret: None,
            scopes: vec![],
            person: PersonClaims::new(name),
            algorithms: vec![RS256, ES256, EdDSA],
            keeps_session: false,
        })
    }

    /// How people call it: "Log in with …".
    #[must_use]
    pub fn title(mut self, title: impl Into<String>) -> Self {
        self.title = title.into();
        self
    }

    /// The secret that this server has with it. Without one the proof of PKCE alone says who exchanges a code.
    #[must_use]
    pub fn secret(mut self, secret: impl Into<SecretString>) -> Self {
        self.secret = Some(secret.into());
        self
    }

    /// Asks for this scope too, besides `openid`: such as `profile`, `email` or `groups`, where claims need it.
    #[must_use]
    pub fn scope(mut self, scope: impl Into<String>) -> Self {
        self.scopes.push(scope.into());
        self
    }

    /// Takes the name from this claim, with something in front of it that tells such names from those of other logins.
    /// It has to be one that people cannot choose themselves: `sub`, or what the provider makes unique.
    #[must_use]
    pub fn user(mut self, claim: impl Into<String>, prefix: impl Into<String>) -> Self {
        (self.person.name, self.person.name_prefix) = (claim.into(), prefix.into());
        self
    }

    /// Takes groups from this claim, with something in front of each.
    #[must_use]
    pub fn groups(mut self, claim: impl Into<String>, prefix: impl Into<String>) -> Self {
        (self.person.groups, self.person.groups_prefix) = (Some(claim.into()), prefix.into());
        self
    }

    /// Lets in only whose claim has this value, such as those of one company where anybody may have an account.
    #[must_use]
    pub fn require(mut self, claim: impl Into<String>, value: impl Into<String>) -> Self {
        self.person.required.insert(claim.into(), value.into());
        self
    }

    /// Takes tokens that are signed by these algorithms, and by no others. All of them are asymmetric.
    #[must_use]
    pub fn algorithms(mut self, algorithms: impl IntoIterator<Item = JwtAlgorithm>) -> Self {
        self.algorithms = algorithms.into_iter().collect();
        self
    }
    /// Leaves people logged in at the provider when they log out here. By default their browsers are led to its page
    /// for that, if it has one (`end_session_endpoint`), and from there back to this server's page, which the provider
    /// has to know as an address to come back to (`post_logout_redirect_uri`). Its session ends for all that they use
    /// with it.
    #[must_use]
    pub fn keep_session(mut self) -> Self {
        self.keeps_session = true;
        self
    }
}

/// An address on the way to which nobody can change anything: encrypted, or on this machine.
pub(super) fn safe_address(what: &str, text: &str) -> Result<Url, InvalidProvider> {
    let url = Url::parse(text).map_err(|error| {
        InvalidProvider::new(format!(
            "{what} `{}` is no address: {error}; write it as in `https://id.example.com`",
            text.escape_debug()
        ))
    })?;
    let is_here = match url.host() {
        Some(url::Host::Domain(name)) => name == "localhost",
        Some(url::Host::Ipv4(address)) => address.is_loopback(),
        Some(url::Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    };
    let has_more = !url.username().is_empty() || url.password().is_some() || url.query().is_some();
    let is_safe = url.scheme() == "https" || url.scheme() == "http" && is_here;
    match is_safe && url.has_host() && !has_more && url.fragment().is_none() {
        true => Ok(url),
        // What stands in front of an `@` may be a password.
        false => Err(InvalidProvider::new(format!(
            "{what} has to be at `https:`, or at `http:` on this machine, with a host and without a password, a `?` or \
             a `#`"
        ))),
    }
}
