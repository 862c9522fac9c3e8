#![doc = include_str!("../README.md")]
#![cfg_attr(docsrs, feature(doc_cfg))]

mod blocking;
mod check;
mod checked_line;
mod compressed;
mod copy;
mod disk;
mod error;
mod expiry;
mod history;
mod jobs;
mod journal;
mod limits;
mod namespace;
mod namespace_id;
#[cfg(feature = "object-store")]
#[cfg_attr(docsrs, doc(cfg(feature = "object-store")))]
pub mod objects;
mod output;
mod owner;
#[cfg(feature = "postgres")]
#[cfg_attr(docsrs, doc(cfg(feature = "postgres")))]
pub mod postgres;
mod remote;
mod shared;
mod store;
mod store_format;
#[cfg(test)]
mod tests;
#[cfg(feature = "zookeeper")]
#[cfg_attr(docsrs, doc(cfg(feature = "zookeeper")))]
pub mod zookeeper;

pub use check::{Damage, LastOwner, NamespaceInfo};
pub use copy::{Copied, CopyMark, StoreToCopy};
pub use error::StoreError;
pub use journal::StoreJournal;
pub use namespace::Namespace;
pub use output::{Pruned, Retention, StoreOutput};
/// The list of jobs, as any store has it.
pub use pogo_core::history::{JobEntry, JobFilter, JobPage, JobProgress, Submission};
pub use remote::{
    FollowerRegistration, Migrated, OwnerSign, RemoteDamage, RemoteFormats, RemoteInfo, RemoteOwner, RemoteOwnership,
    StoredPart,
};
pub use store::Store;
