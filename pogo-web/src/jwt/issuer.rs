//! Whose tokens are taken, and what of them.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use super::cache::KeyCache;
use super::person::PersonClaims;
use super::{JwksSource, JwtAlgorithm};

/// Whose tokens are taken, by which keys, for whom they have to be meant, and what their claims say of whoever comes.
///
/// By default a token is signed with RS256, ES256 or EdDSA, `sub` is the name, and nobody is in a group.
#[derive(Clone)]
pub struct JwtIssuer {
    pub(super) issuer: String,
    pub(super) audiences: Vec<String>,
    pub(super) algorithms: BTreeSet<JwtAlgorithm>,
    pub(super) keys: Arc<KeyCache>,
    pub(super) person: PersonClaims,
    pub(super) leeway: Duration,
}

impl JwtIssuer {
    /// Takes tokens of the issuer of this name, its `iss`, that are meant for this audience, its `aud`, and signed by
    /// one of these keys. The label is what records say of how somebody was known.
    pub fn new(
        label: impl Into<Arc<str>>,
        issuer: impl Into<String>,
        audience: impl Into<String>,
        keys: impl JwksSource + 'static,
    ) -> Self {
        use JwtAlgorithm::{ES256, EdDSA, RS256};
        Self {
            issuer: issuer.into(),
            audiences: vec![audience.into()],
            algorithms: BTreeSet::from([RS256, ES256, EdDSA]),
            keys: Arc::new(KeyCache::new(Box::new(keys))),
            person: PersonClaims::new(label),
            leeway: Duration::from_secs(30),
        }
    }

    /// Takes tokens for this audience too.
    #[must_use]
    pub fn audience(mut self, audience: impl Into<String>) -> Self {
        self.audiences.push(audience.into());
        self
    }

    /// Takes tokens that are signed by these algorithms, and by no others.
    #[must_use]
    pub fn algorithms(mut self, algorithms: impl IntoIterator<Item = JwtAlgorithm>) -> Self {
        self.algorithms = algorithms.into_iter().collect();
        self
    }

    /// Takes the name from this claim, with something in front of it that tells such names from those of other logins,
    /// such as `ci:`.
    #[must_use]
    pub fn name(mut self, claim: impl Into<String>, prefix: impl Into<String>) -> Self {
        (self.person.name, self.person.name_prefix) = (claim.into(), prefix.into());
        self
    }

    /// Takes groups from this claim, with something in front of each.
    #[must_use]
    pub fn groups(mut self, claim: impl Into<String>, prefix: impl Into<String>) -> Self {
        (self.person.groups, self.person.groups_prefix) = (Some(claim.into()), prefix.into());
        self
    }

    /// Takes only tokens whose claim has this value, such as those of the jobs of one repository. For an issuer whose
    /// tokens anybody can have this is what makes the difference.
    #[must_use]
    pub fn require(mut self, claim: impl Into<String>, value: impl Into<String>) -> Self {
        self.person.required.insert(claim.into(), value.into());
        self
    }

    /// Sets how far clocks may be apart: for so long a token is taken after its end, and before its beginning. Default:
    /// 30 seconds.
    #[must_use]
    pub fn leeway(mut self, leeway: Duration) -> Self {
        self.leeway = leeway;
        self
    }
}

impl std::fmt::Debug for JwtIssuer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("JwtIssuer")
            .field("label", &self.person.label)
            .field("issuer", &self.issuer)
            .field("audiences", &self.audiences)
            .field("algorithms", &self.algorithms)
            .finish_non_exhaustive()
    }
}
