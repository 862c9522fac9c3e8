//! Stores in ZooKeeper: for several machines, of which one takes over from another.

mod acquire;
mod address;
mod address_settings;
mod check;
mod commits;
mod compaction;
mod contents;
mod copy;
mod error;
mod fence;
mod follower;
mod formats;
mod head;
mod history;
mod hold;
mod holder;
mod info;
mod journal;
mod keep;
mod namespace;
mod namespace_shared;
#[cfg(feature = "object-store")]
mod object_output;
mod output;
mod output_location;
mod owned;
mod owner_writer;
mod packed;
mod session;
mod snapshots;
mod store;
mod store_shared;
#[cfg(feature = "zookeeper-tls")]
mod tls;
mod tree;
mod vigil;

pub use address::ZookeeperAddress;
pub use error::ZookeeperError;
pub use journal::ZookeeperJournal;
pub use namespace::ZookeeperNamespace;
#[cfg(feature = "object-store")]
#[cfg_attr(docsrs, doc(cfg(feature = "object-store")))]
pub use object_output::ZookeeperObjectOutput;
pub use output::ZookeeperOutput;
pub use output_location::{OutputLocation, OutputStorage};
pub use store::ZookeeperStore;
