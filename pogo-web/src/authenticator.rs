//! Who asks.

use std::sync::Arc;

use async_trait::async_trait;
use axum::http::request::Parts;
use pogo_core::scheduler::Actor;

use crate::Grants;

/// Tells who the actor of a request is. Everything that changes something is recorded under that name.
///
/// ```
/// use async_trait::async_trait;
/// use axum::http::request::Parts;
/// use pogo_core::scheduler::Actor;
/// use pogo_web::{AuthError, Authenticator, Identity};
///
/// /// A proxy in front has checked who it is.
/// struct Proxied;
///
/// #[async_trait]
/// impl Authenticator for Proxied {
///     async fn authenticate(&self, request: &Parts) -> Result<Identity, AuthError> {
///         let user = request.headers.get("x-user").and_then(|user| user.to_str().ok());
///         let user = user.ok_or_else(|| AuthError::unauthenticated("the proxy has not said who asks"))?;
///         Ok(Identity::new(Actor::new(user).over("proxy")))
///     }
/// }
/// ```
#[async_trait]
pub trait Authenticator: Send + Sync {
    /// Who asks. The extensions of a request on a Unix socket have its `Peer`.
    ///
    /// # Errors
    /// It is not known who asks, or that one may not ask at all. What is said of it is sent, so no secret is in it.
    async fn authenticate(&self, request: &Parts) -> Result<Identity, AuthError>;
}

/// Somebody who asks, and what is known of them.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Identity {
    /// The name under which their orders are recorded.
    pub actor: Arc<Actor>,
    /// Whether their jobs may name files of this machine, and settings of the transport: input, keys and files that are
    /// sent to hosts are read by this process.
    pub local_files: bool,
    /// Whether they own the server, and may do everything whatever the grants say.
    pub is_owner: bool,
    /// The groups that their login says they are in. Grants name these, and have groups of their own besides.
    pub groups: Vec<Arc<str>>,
    /// What they may do at most by the way they came, such as by a token that is for one purpose. It holds for owners
    /// too.
    pub scope: Option<Arc<Grants>>,
}

impl Identity {
    /// Somebody whose jobs name no files of this machine.
    pub fn new(actor: impl Into<Arc<Actor>>) -> Self {
        Self {
            actor: actor.into(),
            local_files: false,
            is_owner: false,
            groups: Vec::new(),
            scope: None,
        }
    }

    /// Lets them do everything, whatever the grants say: for whom the server belongs to.
    #[must_use]
    pub fn as_owner(mut self) -> Self {
        self.is_owner = true;
        self
    }

    /// Says which groups they are in, as far as their login knows.
    #[must_use]
    pub fn in_groups(mut self, groups: impl IntoIterator<Item = impl Into<Arc<str>>>) -> Self {
        self.groups = groups.into_iter().map(Into::into).collect();
        self
    }

    /// Limits what they may do to this, besides what the grants say.
    #[must_use]
    pub fn with_scope(mut self, scope: impl Into<Arc<Grants>>) -> Self {
        self.scope = Some(scope.into());
        self
    }

    /// Lets their jobs name files of this machine: for whoever could read them anyhow.
    #[must_use]
    pub fn with_local_files(mut self) -> Self {
        self.local_files = true;
        self
    }
}

/// Why somebody is not let in.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum AuthError {
    /// It is not known who asks.
    #[error("{message}")]
    Unauthenticated {
        /// What is missing.
        message: String,
    },
    /// It is known who asks, and that one may not.
    #[error("{message}")]
    NotAllowed {
        /// Why not, and who can change that.
        message: String,
    },
}

impl AuthError {
    /// It is not known who asks.
    pub fn unauthenticated(message: impl Into<String>) -> Self {
        let message = message.into();
        Self::Unauthenticated { message }
    }

    /// It is known who asks, and that one may not.
    pub fn not_allowed(message: impl Into<String>) -> Self {
        let message = message.into();
        Self::NotAllowed { message }
    }
}
