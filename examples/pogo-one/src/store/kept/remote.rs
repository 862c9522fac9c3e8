//! Stores that several machines have.

use std::path::{Path, PathBuf};

use futures::future::BoxFuture;
use pogo_core::journal::OwnerId;
use pogo_core::{Digest, Timestamp};
use pogo_store::{Copied, FollowerRegistration, RemoteDamage, RemoteInfo, RemoteOwnership, Retention, StoreToCopy};

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

    /// Where what hosts write is kept, if that is elsewhere.
    fn output(&self) -> Option<String> {
        None
    }

    /// All of it, owned, to be copied with what this machine has in a directory for its jobs to read.
    fn to_copy<'a>(&'a self, inputs: &'a Path, now: Timestamp) -> BoxFuture<'a, Result<StoreToCopy, CliError>>;

    /// Copies all of another store into it, and what its jobs read to a directory of this machine.
    fn copy_from<'a>(
        &'a self,
        from: StoreToCopy,
        inputs: &'a Path,
        now: Timestamp,
    ) -> BoxFuture<'a, Result<Copied, CliError>>;
}

/// A namespace of such a store, with what it says of itself beside its owner.
pub(crate) trait RemoteNamespace: KeptNamespace {
    /// Counts what it has: for people who ask.
    fn info(&self) -> BoxFuture<'_, Result<RemoteInfo, CliError>>;

    /// Who owns it and who waits: for what asks again and again.
    fn ownership(&self) -> BoxFuture<'_, Result<RemoteOwnership, CliError>>;

    /// Says that this process follows it and never takes over, as long as what this gives is there.
    fn follow_as(&self, who: OwnerId) -> FollowerRegistration;

    /// Removes what is older, whoever owns it.
    fn prune(&self, keep: Retention) -> BoxFuture<'_, Result<RemovedParts, CliError>>;

    /// What is not as it was written.
    fn check(&self) -> BoxFuture<'_, Result<Vec<RemoteDamage>, CliError>>;
}

/// What was removed of a namespace: tables or jobs, and their size where it is known.
pub(crate) struct RemovedParts {
    pub(crate) names: Vec<String>,
    pub(crate) bytes: Option<u64>,
}

/// The folder of this machine for a store that is elsewhere: beside the default store, by a digest of what tells it
/// from others.
pub(crate) fn local_dir(address: &StoreAddress) -> Result<PathBuf, CliError> {
    let digest = Digest::of(address.identity().as_bytes()).to_string();
    let name = digest.get(..16).unwrap_or(&digest);
    Ok(default_dir()?.with_file_name("pogo-remote").join(name))
}
