//! What is kept of a token.

use std::fmt;
use std::sync::Arc;

use pogo_core::fleet::Selector;
use pogo_core::scheduler::Actor;
use pogo_core::{Digest, Timestamp};
use serde::{Deserialize, Serialize};

use crate::{Grant, Grants, Identity, Verb, Who};

/// What is known of a token: whose it is, and its digest. The token itself is kept nowhere.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct TokenEntry {
    /// Its number, which is no secret: the first part of the token.
    pub id: String,
    /// The name of whoever comes with it.
    #[serde(rename = "as")]
    pub name: Arc<str>,
    /// What it is for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<Arc<str>>,
    /// When it was made.
    pub created: Timestamp,
    /// From when on it is refused; never if that is not said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires: Option<Timestamp>,
    /// What may be done with it at most; by default what the grants say of its name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub grant: Option<TokenGrant>,
    /// The digest of the token.
    pub(super) digest: Digest,
}

/// What may be done with a token at most.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct TokenGrant {
    /// What.
    pub may: Vec<Verb>,
    /// In which namespaces; in all if there are none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub namespaces: Vec<String>,
    /// On which hosts; on all by default.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub targets: Option<Selector>,
}

/// A token to make.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct NewToken {
    /// The name of whoever comes with it.
    pub name: Arc<str>,
    /// What it is for.
    pub note: Option<Arc<str>>,
    /// From when on it is refused; never if that is not said.
    pub expires: Option<Timestamp>,
    /// What may be done with it at most.
    pub grant: Option<TokenGrant>,
}

impl NewToken {
    /// A token for somebody of this name, without an end or limits.
    pub fn new(name: impl Into<Arc<str>>) -> Self {
        Self {
            name: name.into(),
            note: None,
            expires: None,
            grant: None,
        }
    }

    /// Says what it is for.
    #[must_use]
    pub fn note(mut self, note: impl Into<Arc<str>>) -> Self {
        self.note = Some(note.into());
        self
    }

    /// Refuses it from this moment on.
    #[must_use]
    pub fn expires(mut self, at: Timestamp) -> Self {
        self.expires = Some(at);
        self
    }

    /// Limits what may be done with it.
    #[must_use]
    pub fn grant(mut self, grant: TokenGrant) -> Self {
        self.grant = Some(grant);
        self
    }
}

impl TokenGrant {
    /// These, everywhere.
    pub fn new(may: impl IntoIterator<Item = Verb>) -> Self {
        Self {
            may: may.into_iter().collect(),
            ..Self::default()
        }
    }

    /// Limits it to these namespaces, in which `*` and `?` are wildcards.
    #[must_use]
    pub fn namespaces(mut self, names: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.namespaces = names.into_iter().map(Into::into).collect();
        self
    }

    /// Limits it to these hosts.
    #[must_use]
    pub fn targets(mut self, hosts: Selector) -> Self {
        self.targets = Some(hosts);
        self
    }

    fn scope(&self) -> Grants {
        let mut grant =
            Grant::new([Who::Anybody], self.may.iter().copied()).namespaces(self.namespaces.iter().cloned());
        grant.targets.clone_from(&self.targets);
        Grants::new().grant(grant)
    }
}

impl TokenEntry {
    /// Whether it is refused by now.
    pub fn is_expired(&self, now: Timestamp) -> bool {
        self.expires.is_some_and(|expires| now >= expires)
    }

    /// Who comes with it.
    pub(super) fn identity(&self) -> Identity {
        let token = self.note.clone().unwrap_or_else(|| self.id.as_str().into());
        let identity = Identity::new(Actor::new(Arc::clone(&self.name)).with_token(token));
        match &self.grant {
            Some(grant) => identity.with_scope(grant.scope()),
            None => identity,
        }
    }
}

impl fmt::Display for TokenGrant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let verbs: Vec<&str> = self.may.iter().map(|verb| verb.name()).collect();
        f.write_str(&verbs.join(", "))?;
        if !self.namespaces.is_empty() {
            write!(f, " in {}", self.namespaces.join(", "))?;
        }
        match &self.targets {
            Some(targets) => write!(f, " on {targets}"),
            None => Ok(()),
        }
    }
}
