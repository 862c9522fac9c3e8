//! Who gives an order.

use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::fleet::Escaped;

/// Who gives an order: a name, and how it is known. Displays as `alice@laptop`, or `deploy (token ci-7)`; what a
/// terminal would act on, or not show, is escaped.
///
/// ```
/// use pogo_core::scheduler::Actor;
///
/// assert_eq!(Actor::new("alice").at_host("laptop").to_string(), "alice@laptop");
/// assert_eq!(Actor::new("bob").over("uid 1001").to_string(), "bob (uid 1001)");
/// assert_eq!(Actor::new("\u{1b}[2Jmallory").to_string(), "\\u{1b}[2Jmallory");
/// ```
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[non_exhaustive]
pub struct Actor {
    /// An account, a person or a service.
    pub name: Arc<str>,
    /// The machine that the account is of.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub host: Option<Arc<str>>,
    /// How it came: the other end of its connection, such as a socket's peer, or the account that gave it for somebody
    /// (`as root`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub peer: Option<Arc<str>>,
    /// The name of the token that proved it; never the token.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub token: Option<Arc<str>>,
}

impl Actor {
    /// The most bytes of each of its texts.
    pub const MAX_LEN: usize = 256;

    /// Somebody of this name.
    pub fn new(name: impl Into<Arc<str>>) -> Self {
        Self {
            name: name.into(),
            host: None,
            peer: None,
            token: None,
        }
    }

    /// Says of which machine the account is.
    pub fn at_host(mut self, host: impl Into<Arc<str>>) -> Self {
        self.host = Some(host.into());
        self
    }

    /// Says who was at the other end of the connection, or as which account it was given.
    pub fn over(mut self, peer: impl Into<Arc<str>>) -> Self {
        self.peer = Some(peer.into());
        self
    }

    /// Says which token proved it, by the token's name.
    pub fn with_token(mut self, token: impl Into<Arc<str>>) -> Self {
        self.token = Some(token.into());
        self
    }

    /// Whether it is the same account, however it came: one that logs in elsewhere, or with another token, is.
    pub fn is_same_as(&self, other: &Self) -> bool {
        // Not by what proved it: a token is renewed, and each connection is another.
        (&self.name, &self.host) == (&other.name, &other.host)
    }

    pub(in crate::scheduler) fn is_too_long(&self) -> bool {
        let others = [&self.host, &self.peer, &self.token].into_iter().flatten();
        std::iter::once(&self.name)
            .chain(others)
            .any(|text| text.len() > Self::MAX_LEN)
    }
}

impl fmt::Display for Actor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", Escaped(&self.name))?;
        if let Some(host) = &self.host {
            write!(f, "@{}", Escaped(host))?;
        }
        let token = self.token.as_ref().map(|token| ("token ", token));
        for (what, text) in self.peer.as_ref().map(|peer| ("", peer)).into_iter().chain(token) {
            write!(f, " ({what}{})", Escaped(text))?;
        }
        Ok(())
    }
}
