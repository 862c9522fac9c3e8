//! The namespaces of a server.

use serde::{Deserialize, Serialize};

use super::NamespaceName;
use super::document::document;

document! {
    /// The namespaces of a server, by name.
    Namespaces {
        /// Each with its name.
        namespaces: Vec<NamespaceEntry>,
    }
}

/// A namespace in a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[non_exhaustive]
pub struct NamespaceEntry {
    /// Its name.
    pub name: NamespaceName,
}

impl NamespaceEntry {
    /// The namespace of this name.
    pub fn new(name: NamespaceName) -> Self {
        Self { name }
    }
}
