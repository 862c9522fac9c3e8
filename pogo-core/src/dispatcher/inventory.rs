//! The trait that supplies hosts and tags.

use async_trait::async_trait;

use crate::fleet::FleetBuilder;

/// A source of hosts and their tags: a file, a database, a script, a cloud.
#[async_trait]
pub trait Inventory: Send + Sync {
    /// What messages call this source: a path, an address. Never holds a secret.
    fn name(&self) -> String;

    /// Reads the source afresh: all of it, or an error. Never part of it.
    async fn load(&self) -> Result<FleetBuilder, InventoryError>;
}

/// A source that could not be read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum InventoryError {
    /// It is not there, or cannot be reached; trying again later may help.
    #[error("cannot read inventory `{source_name}`: {message}")]
    Unavailable {
        /// The source's name.
        source_name: String,
        /// What was seen.
        message: String,
    },
    /// It was read and makes no sense; the message says where and what to do.
    #[error("{message}")]
    Invalid {
        /// The source's name.
        source_name: String,
        /// What is wrong, where (file, line, column if it has any), and the cure.
        message: String,
    },
}
