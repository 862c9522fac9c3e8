//! Copies of stores: a backup, or a store that moves to another machine.

mod copied_files;
mod copy_mark;
mod copy_store;
mod directory_source;
mod directory_target;
mod inputs;
mod on_directory;
#[cfg(any(feature = "postgres", feature = "zookeeper"))]
mod parts;
mod store_to_copy;
mod transfer;

pub use copy_mark::CopyMark;
pub(crate) use copy_mark::{read_mark, remove_mark};
pub use copy_store::Copied;
pub(crate) use copy_store::copy_store;
pub(crate) use directory_source::DirectorySource;
pub(crate) use directory_target::DirectoryTarget;
pub(crate) use inputs::copy_inputs;
#[cfg(any(feature = "postgres", feature = "zookeeper"))]
pub(crate) use parts::random_number;
#[cfg(any(feature = "postgres", feature = "zookeeper"))]
pub(crate) use parts::{copier, in_parts};
#[cfg(any(feature = "postgres", feature = "zookeeper"))]
pub(crate) use store_to_copy::StoreTarget;
pub use store_to_copy::StoreToCopy;
pub(crate) use transfer::{Amount, CopyError, CopySource, CopyTarget, Head, transfer, verify};
