//! External tag resolvers, which answer `$resolver(args)`.

mod cache;
mod error;
mod query;
mod resolvers;
#[cfg(test)]
mod tests;

pub use error::{ResolverFailure, ResolverFailureReason, ResolversError};
pub use query::{ResolverQueries, ResolverQuery};
pub use resolvers::Resolvers;

use async_trait::async_trait;

use crate::fleet::HostName;

/// Answers `$resolver(args)` from outside of the inventory: a database of roles, an in-house service.
///
/// [`Resolvers`] knows resolvers by name, asks each once for all that a policy and targets name, and sets time limits.
///
/// ```
/// use async_trait::async_trait;
/// use pogo_core::dispatcher::{ResolverError, TagResolver};
/// use pogo_core::fleet::HostName;
///
/// /// `$rack(r7)`: hosts are named after their racks.
/// struct Racks(Vec<HostName>);
///
/// #[async_trait]
/// impl TagResolver for Racks {
///     async fn resolve(&self, queries: &[String]) -> Result<Vec<Vec<HostName>>, ResolverError> {
///         let rack = |rack: &String| {
///             let start = format!("{rack}-");
///             self.0.iter().filter(|host| host.as_str().starts_with(&start)).cloned().collect()
///         };
///         Ok(queries.iter().map(rack).collect())
///     }
/// }
/// ```
#[async_trait]
pub trait TagResolver: Send + Sync {
    /// The hosts of each query, in the order of the queries: as many lists as there are queries, all of them or
    /// an error. A list may be empty. No query comes twice in one call. Dropping the future gives up.
    ///
    /// The text in the parentheses comes as it was written, without white space around it. It was written by whoever
    /// writes policies and targets: bind it as a parameter, never paste it into a query or a shell.
    async fn resolve(&self, queries: &[String]) -> Result<Vec<Vec<HostName>>, ResolverError>;
}

/// Why a resolver has no answers. Never holds a secret.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ResolverError {
    /// It cannot be reached; asking again later may help.
    #[error("{message}")]
    Unavailable {
        /// What was seen.
        message: String,
    },
    /// It does not know what one query names, or cannot read it.
    #[error("{message}")]
    Refused {
        /// The query.
        args: String,
        /// What is wrong with it, and the cure.
        message: String,
    },
}
