//! Several ways to be known.

use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;
use axum::http::request::Parts;

use crate::{AuthError, Authenticator, Identity};

/// Knows whoever any of several authenticators knows, asked in order.
///
/// Each stands for itself: whoever one of them lets in is in, whatever the others say.
#[derive(Clone)]
pub struct AnyOf(Vec<Arc<dyn Authenticator>>);

impl AnyOf {
    /// These, in this order.
    pub fn new(authenticators: impl IntoIterator<Item = Arc<dyn Authenticator>>) -> Self {
        Self(authenticators.into_iter().collect())
    }
}

#[async_trait]
impl Authenticator for AnyOf {
    /// Whose reason is given where nobody lets them in: who knows them and does not let them in, or else the last.
    async fn authenticate(&self, request: &Parts) -> Result<Identity, AuthError> {
        let mut reason = AuthError::unauthenticated("nobody can log in here");
        for authenticator in &self.0 {
            match authenticator.authenticate(request).await {
                Ok(identity) => return Ok(identity),
                Err(error) => {
                    // Who is known and not allowed hears that, and not that the next way knows
                    // nothing of them.
                    if !matches!(reason, AuthError::NotAllowed { .. }) {
                        reason = error;
                    }
                }
            }
        }
        Err(reason)
    }
}

impl fmt::Debug for AnyOf {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("AnyOf").field(&self.0.len()).finish()
    }
}
