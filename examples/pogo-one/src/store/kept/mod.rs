//! Stores of whichever kind, as the program uses them.

mod at_address;
mod directory;
#[cfg(feature = "postgres")]
mod postgres;
mod remote;
#[cfg(feature = "zookeeper")]
mod zookeeper;

use std::sync::Arc;

use futures::future::BoxFuture;
use pogo_core::history::JobHistory;
use pogo_core::journal::Journal;
use pogo_core::output::OutputStore;

use crate::exit::CliError;

pub(crate) use at_address::{migrate_remote, open_remote, refuse_exposed};
pub(crate) use remote::{RemoteNamespace, RemoteStore, RemovedParts, local_dir};

/// A namespace of a store: what a dispatcher is built on, and what can be read beside one.
pub(crate) trait KeptNamespace: Send + Sync {
    fn journal(&self) -> Arc<dyn Journal>;

    fn output(&self) -> Arc<dyn OutputStore>;

    fn history(&self) -> Arc<dyn JobHistory>;

    /// A name that no namespace of another store has, by which hosts know it.
    fn unique_name(&self) -> BoxFuture<'_, Result<String, NotServed>>;
}

/// Why a namespace is not served here.
#[derive(Debug)]
pub(crate) enum NotServed {
    /// Another process has it.
    Held(String),
    /// A process that is not reached from here has it, which this one does not wait for.
    Elsewhere(String),
    /// The store or a dispatcher cannot be used.
    Other(CliError),
}

impl From<CliError> for NotServed {
    fn from(error: CliError) -> Self {
        Self::Other(error)
    }
}
