//! Copies of stores: a backup, or a store that moves to another machine.

mod copied_files;
mod copy_mark;
mod copy_store;
#[cfg(feature = "postgres")]
mod directory_source;
#[cfg(feature = "postgres")]
mod directory_target;
mod inputs;
#[cfg(feature = "postgres")]
mod on_directory;
#[cfg(feature = "postgres")]
mod transfer;

pub use copy_mark::CopyMark;
pub(crate) use copy_mark::{read_mark, remove_mark};
pub use copy_store::Copied;
pub(crate) use copy_store::copy_store;
#[cfg(feature = "postgres")]
pub(crate) use directory_source::DirectorySource;
#[cfg(feature = "postgres")]
pub(crate) use directory_target::DirectoryTarget;
#[cfg(feature = "postgres")]
pub(crate) use inputs::copy_inputs;
#[cfg(feature = "postgres")]
pub(crate) use transfer::{Amount, CopyError, CopySource, CopyTarget, Head, transfer, verify};
