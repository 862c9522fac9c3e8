//! What all namespaces of a store share within a process.

use super::session::Sessions;
use super::{ZookeeperAddress, ZookeeperError};
use crate::remote::{Failed, Runtime};

/// What all namespaces of a store share within a process.
#[derive(Debug)]
pub(super) struct StoreShared {
    pub(super) address: ZookeeperAddress,
    pub(super) runtime: Runtime,
    /// For what anybody may ask. An owner has a session of its own.
    pub(super) sessions: Sessions,
    /// The name of this machine, for people.
    pub(super) machine: String,
}

pub(super) fn unavailable(address: &ZookeeperAddress, failed: Failed) -> ZookeeperError {
    ZookeeperError::Unavailable {
        store: address.to_string(),
        message: failed.message,
    }
}
