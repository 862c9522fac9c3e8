//! Stores that several machines have.

use std::path::{Path, PathBuf};
use std::time::Duration;

use futures::future::BoxFuture;
use pogo_core::journal::{Epoch, Seq};
use pogo_core::{Digest, Timestamp};
use pogo_store::{Copied, Store};

use super::KeptNamespace;
use crate::cli::StoreAddress;
use crate::exit::CliError;
use crate::store::default_dir;

/// A store that several machines have.
pub(crate) trait RemoteStore: Send + Sync {
    /// The version of what is stored.
    fn version(&self) -> u32;

    /// The namespaces that ever had an owner.
    fn namespaces(&self) -> BoxFuture<'_, Result<Vec<String>, CliError>>;

    fn namespace(&self, name: &str) -> Result<Box<dyn RemoteNamespace>, CliError>;

    /// Copies all of it to a new directory.
    fn copy_to_directory<'a>(&'a self, to: &'a Path, now: Timestamp) -> BoxFuture<'a, Result<Copied, CliError>>;

    /// Copies all of it to another such store.
    fn copy_to<'a>(&'a self, to: &'a StoreAddress, now: Timestamp) -> BoxFuture<'a, Result<Copied, CliError>>;

    /// Copies all of a store in a directory into it.
    fn copy_from_directory<'a>(&'a self, from: &'a Store) -> BoxFuture<'a, Result<Copied, CliError>>;
}

/// A namespace of such a store, with what it says of itself beside its owner.
pub(crate) trait RemoteNamespace: KeptNamespace {
    fn info(&self) -> BoxFuture<'_, Result<RemoteInfo, CliError>>;

    /// What is not as it was written.
    fn check(&self) -> BoxFuture<'_, Result<Vec<RemoteDamage>, CliError>>;
}

/// What a namespace has, who owns it and who waits.
#[derive(Debug)]
pub(crate) struct RemoteInfo {
    /// Who owns it, or did last.
    pub(crate) owner: Option<RemoteOwner>,
    /// Who waits to take over.
    pub(crate) waiting: Vec<String>,
    pub(crate) epoch: Epoch,
    /// The first record of the journal, and the position after the last.
    pub(crate) records: (Seq, Seq),
    /// When the last record was written.
    pub(crate) newest: Option<Timestamp>,
    pub(crate) copied_from: Option<String>,
    pub(crate) parts: Vec<StoredPart>,
}

/// An owner, or the last one.
#[derive(Debug)]
pub(crate) struct RemoteOwner {
    /// Its name, with its machine and process.
    pub(crate) name: String,
    pub(crate) since: Timestamp,
    pub(crate) machine: String,
    pub(crate) pid: u32,
    /// Whether it has not given the namespace back.
    pub(crate) owns: bool,
    /// How long ago it last showed that it lives.
    pub(crate) seen: Option<Duration>,
}

/// A part of what is stored.
#[derive(Debug)]
pub(crate) struct StoredPart {
    pub(crate) name: &'static str,
    pub(crate) count: u64,
    pub(crate) bytes: u64,
}

/// Something else than was written.
#[derive(Debug)]
pub(crate) struct RemoteDamage {
    /// Where in the store.
    pub(crate) place: String,
    pub(crate) message: String,
    pub(crate) cure: String,
}

/// The folder of this machine for a store that is elsewhere: beside the default store, by a digest of what tells it
/// from others.
pub(crate) fn local_dir(address: &StoreAddress) -> Result<PathBuf, CliError> {
    let digest = Digest::of(address.identity().as_bytes()).to_string();
    let name = digest.get(..16).unwrap_or(&digest);
    Ok(default_dir()?.with_file_name("pogo-remote").join(name))
}

/// What making a store has done, or bringing it to another version.
#[derive(Debug)]
pub(crate) struct Migrated {
    /// The version before it; `None` where there was no store.
    pub(crate) from: Option<u32>,
    pub(crate) to: u32,
}
