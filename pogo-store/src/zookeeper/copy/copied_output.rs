//! The output of a copy, wherever it is kept.

use std::sync::Arc;

use pogo_core::journal::Owner;
use pogo_core::output::OutputStore;

use super::output_directory::{self, OutputDirectory};
use crate::copy::CopyError;
#[cfg(feature = "object-store")]
use crate::objects::{ObjectOutput, ObjectOwner};
use crate::zookeeper::OutputStorage;
use crate::zookeeper::fence::Fence;
#[cfg(feature = "object-store")]
use crate::zookeeper::object_output::writer_id;

/// The namespace that a copy becomes.
#[derive(Debug)]
pub(super) struct CopiedName {
    pub(super) name: String,
    /// The number that tells it from those of other stores, and that a copy has too.
    #[cfg_attr(
        not(feature = "object-store"),
        allow(dead_code, reason = "a directory has one of a name")
    )]
    pub(super) number: String,
}

/// Output that is being written.
pub(super) enum CopiedOutput {
    Directory(OutputDirectory),
    #[cfg(feature = "object-store")]
    Objects(ObjectOwner),
}

#[cfg(feature = "object-store")]
fn objects(storage: &crate::objects::ObjectStorage, of: &CopiedName) -> ObjectOutput {
    ObjectOutput::new(storage.clone(), format!("{}-{}", of.name, of.number))
}

impl CopiedOutput {
    /// Opens it, for the owner of the copy.
    ///
    /// # Errors
    /// Another process writes output of a namespace of this name; the disk gave an error.
    pub(super) async fn open(
        storage: &OutputStorage,
        of: &CopiedName,
        owner: (Owner, &Fence),
    ) -> Result<Self, CopyError> {
        match storage {
            OutputStorage::Directory(directory) => {
                let opened = OutputDirectory::open(directory, &of.name, owner.0).await?;
                Ok(Self::Directory(opened))
            }
            #[cfg(feature = "object-store")]
            OutputStorage::Objects(storage) => Ok(Self::Objects(objects(storage, of).copier(writer_id(owner.1)))),
        }
    }

    pub(super) fn output(&self) -> Arc<dyn OutputStore> {
        match self {
            Self::Directory(opened) => Arc::clone(&opened.output),
            #[cfg(feature = "object-store")]
            Self::Objects(owner) => Arc::new(owner.clone()),
        }
    }

    /// All of it is written.
    pub(super) async fn close(self) -> Result<(), CopyError> {
        match self {
            Self::Directory(_) => Ok(()),
            #[cfg(feature = "object-store")]
            Self::Objects(owner) => owner.close().await.map_err(CopyError::other),
        }
    }
}

/// Refuses output of another namespace of this name, which would be taken for that of the copy.
pub(super) async fn check_empty(storage: &OutputStorage, of: &CopiedName) -> Result<(), CopyError> {
    match storage {
        OutputStorage::Directory(directory) => output_directory::check_empty(directory, &of.name).await,
        #[cfg(feature = "object-store")]
        OutputStorage::Objects(storage) => match objects(storage, of).is_empty().await.map_err(CopyError::other)? {
            true => Ok(()),
            // A copy has the number of what it is a copy of, and by that its place.
            false => Err(CopyError::Other(format!(
                "{storage} has output of the namespace {} already, that of the store that is copied or of another \
                 copy; name another path for the copy in its address, as in `?output=s3://bucket/other`",
                of.name
            ))),
        },
    }
}

/// Removes what is left of a copy.
pub(super) async fn remove(storage: &OutputStorage, of: &CopiedName) -> Result<(), CopyError> {
    match storage {
        OutputStorage::Directory(directory) => output_directory::remove(directory, &of.name).await,
        #[cfg(feature = "object-store")]
        OutputStorage::Objects(storage) => objects(storage, of).remove_all().await.map_err(CopyError::other),
    }
}
