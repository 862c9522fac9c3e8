//! Bearer tokens as actors.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;
use axum::http::request::Parts;
use pogo_core::Digest;
use pogo_core::scheduler::Actor;

use crate::bearer::bearer;
use crate::{AuthError, Authenticator, Identity};

/// Knows whoever asks by a bearer token: `Authorization: Bearer …`. It holds digests of tokens, and no token.
///
/// A token that can be guessed is none: give each at least 128 random bits.
#[derive(Default)]
pub struct Tokens {
    /// By their digests, so that nothing is learned from how long a comparison takes.
    identities: BTreeMap<Digest, Identity>,
}

impl Tokens {
    /// No tokens yet: nobody is let in.
    pub fn new() -> Self {
        Self::default()
    }

    /// Lets in whoever has this token, as this actor.
    #[must_use]
    pub fn token(self, token: &str, actor: impl Into<Arc<Actor>>) -> Self {
        self.identity(token, Identity::new(actor))
    }

    /// Lets in whoever has this token, as somebody of whom more is known.
    #[must_use]
    pub fn identity(mut self, token: &str, identity: Identity) -> Self {
        self.identities.insert(Digest::of(token.as_bytes()), identity);
        self
    }
}

impl fmt::Debug for Tokens {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let actors = self.identities.values().map(|identity| &identity.actor);
        f.debug_set().entries(actors).finish()
    }
}

#[async_trait]
impl Authenticator for Tokens {
    async fn authenticate(&self, request: &Parts) -> Result<Identity, AuthError> {
        let token = bearer(request)?;
        let identity = self.identities.get(&Digest::of(token.as_bytes()));
        let identity = identity.cloned();
        identity.ok_or_else(|| AuthError::unauthenticated("the token is not known here, or no longer"))
    }
}

#[cfg(test)]
mod tests {
    use axum::http::Request;
    use axum::http::header::AUTHORIZATION;

    use super::*;

    async fn asks(header: Option<&str>) -> Result<Identity, AuthError> {
        let tokens = Tokens::new().token("q84711zw", Actor::new("alice").with_token("laptop"));
        assert!(!format!("{tokens:?}").contains("q84711zw"));
        let mut request = Request::builder();
        if let Some(header) = header {
            request = request.header(AUTHORIZATION, header);
        }
        let (parts, ()) = request.body(()).unwrap().into_parts();
        tokens.authenticate(&parts).await
    }

    #[tokio::test]
    async fn whoever_has_the_token_is_its_actor_and_nobody_else_is_let_in() {
        for header in ["Bearer q84711zw", "bearer  q84711zw "] {
            let identity = asks(Some(header)).await.unwrap();
            assert_eq!(identity.actor.to_string(), "alice (token laptop)");
            assert!(!identity.local_files);
        }
        for header in [
            None,
            Some("q84711zw"),
            Some("Basic q84711zw"),
            Some("Bearer q84711z"),
            Some("Bearer "),
        ] {
            let refused = asks(header).await.unwrap_err();
            assert!(!refused.to_string().contains("q84711z"), "{refused}");
        }
    }
}
