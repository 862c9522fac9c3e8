//! What a namespace of a store on servers has, and who owns it.

use std::time::Duration;

use pogo_core::Timestamp;
use pogo_core::journal::{Epoch, OwnerId, Seq};

use super::RemoteFormats;

/// What a namespace has, who owns it and who waits for it. The default is that of one that nobody ever owned.
///
/// A kind of which there is little is counted, and one of which there is much is [estimated](StoredPart::is_estimate):
/// [`RemoteOwnership`] is for whoever asks often.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct RemoteInfo {
    /// Who owns it, or did last; `None` if nobody ever did.
    pub owner: Option<RemoteOwner>,
    /// Who waits to take over.
    pub waiting: Vec<OwnerId>,
    /// The epoch of its owner, or of the last one.
    pub epoch: Epoch,
    /// The format of its records, and who reads which.
    pub formats: RemoteFormats,
    /// The first record that the journal still has.
    pub first: Seq,
    /// The position after the last one.
    pub end: Seq,
    /// When the last record was written, by its dispatcher's clock.
    pub newest: Option<Timestamp>,
    /// The store that it was copied or restored from, until somebody has accepted that. Of a tree that was restored
    /// ZooKeeper knows that it was, and not from where.
    pub copied_from: Option<String>,
    /// The store of which it is a copy that is not all there: it is being copied, or that was cut off. Nobody can own
    /// it until it has been copied again; nothing else is known of it.
    pub unfinished_copy_of: Option<String>,
    /// What is stored, by kind: `commits` since the older snapshot, the `history` before them, `snapshots`, `content`
    /// (fleets and policies), the list of `jobs`; in PostgreSQL the `output` of hosts, and in ZooKeeper the `pieces` of
    /// what is larger than a node. Empty if nobody ever owned it.
    pub parts: Vec<StoredPart>,
}

/// Who owns a namespace and who waits for it. The default is that of one that nobody ever owned.
///
/// A store answers it at the same cost however much the namespace has, so it can be asked each second.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct RemoteOwnership {
    /// Who owns it, or did last; `None` if nobody ever did.
    pub owner: Option<RemoteOwner>,
    /// Who waits to take over.
    pub waiting: Vec<OwnerId>,
    /// The epoch of its owner, or of the last one.
    pub epoch: Epoch,
    /// The format of its records, and who reads which.
    pub formats: RemoteFormats,
}

/// How much is stored of one kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct StoredPart {
    /// The kind, such as `snapshots`.
    pub name: &'static str,
    /// The number of rows in PostgreSQL, and of nodes in ZooKeeper.
    pub count: u64,
    /// Their bytes as they are stored: compressed, and without what a server adds to each. ZooKeeper has them in the
    /// memory of each server.
    pub bytes: u64,
    /// Whether both numbers are estimates, by what the server knows of large tables, and the bytes those on its disk.
    pub is_estimate: bool,
}

/// Who owns a namespace, or did last.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct RemoteOwner {
    /// Its name.
    pub owner: OwnerId,
    /// Since when, by its own clock.
    pub since: Timestamp,
    /// The name of its machine.
    pub machine: String,
    /// Its process.
    pub pid: u32,
    /// Whether it has not given the namespace back.
    pub owns: bool,
    /// By what the store knows that it lives; `None` if it does not.
    pub sign: Option<OwnerSign>,
}

/// By what a store knows that an owner lives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum OwnerSign {
    /// Its heartbeat was written this long ago, by the clock of the PostgreSQL server.
    Heartbeat(Duration),
    /// It has a session of the ZooKeeper ensemble, which ends by itself soon after its owner.
    Session,
}

impl RemoteInfo {
    /// The bytes of all of it.
    pub fn bytes(&self) -> u64 {
        self.parts.iter().map(|part| part.bytes).sum()
    }
}

#[cfg(any(feature = "postgres", feature = "zookeeper"))]
impl StoredPart {
    pub(crate) fn new(name: &'static str, count: u64, bytes: u64) -> Self {
        Self {
            name,
            count,
            bytes,
            is_estimate: false,
        }
    }
}

impl RemoteOwner {
    /// How long ago it last showed that it lives, if the store says that.
    pub fn seen(&self) -> Option<Duration> {
        match self.sign? {
            OwnerSign::Heartbeat(ago) => Some(ago),
            OwnerSign::Session => None,
        }
    }
}
