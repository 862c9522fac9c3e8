//! Where what hosts write is kept, since an ensemble is no place for it.

use std::fmt;
use std::path::{Path, PathBuf};

use super::ZookeeperError;
#[cfg(feature = "object-store")]
use crate::objects::{ObjectError, ObjectLocation, ObjectStorage};

/// Where an address says that output is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum OutputLocation {
    /// A directory of each machine, for what its own dispatchers run.
    Directory(PathBuf),
    /// Objects that all machines read and write: in S3, or in a directory that all of them have.
    #[cfg(feature = "object-store")]
    #[cfg_attr(docsrs, doc(cfg(feature = "object-store")))]
    Objects(ObjectLocation),
}

/// A location of output, ready to be used.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum OutputStorage {
    /// A directory of this machine.
    Directory(PathBuf),
    /// Objects that all machines read and write.
    #[cfg(feature = "object-store")]
    #[cfg_attr(docsrs, doc(cfg(feature = "object-store")))]
    Objects(ObjectStorage),
}

impl OutputLocation {
    /// Reads a location as an address has it.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        #[cfg(feature = "object-store")]
        if ObjectLocation::is_meant_by(text) {
            let location = text.parse().map_err(|error: ObjectError| error.to_string())?;
            return Ok(Self::Objects(location));
        }
        #[cfg(not(feature = "object-store"))]
        if text.contains("://") {
            return Err("this program is built without objects for output (feature `object-store`)".to_owned());
        }
        Ok(Self::Directory(text.into()))
    }

    /// Makes ready to use it. Nothing is asked of a service yet.
    ///
    /// # Errors
    /// [`ZookeeperError::Output`] if the environment does not say how to use it, or a directory cannot be made.
    pub fn open(&self) -> Result<OutputStorage, ZookeeperError> {
        let failed = |message: String| ZookeeperError::Output { message };
        match self {
            Self::Directory(directory) => {
                let whole = std::path::absolute(directory);
                let whole = whole.map_err(|error| failed(format!("{}: {error}", directory.display())))?;
                Ok(OutputStorage::Directory(whole))
            }
            #[cfg(feature = "object-store")]
            Self::Objects(location) => {
                let opened = ObjectStorage::open(location).map_err(|error| failed(error.to_string()))?;
                Ok(OutputStorage::Objects(opened))
            }
        }
    }

    /// Whether it is used with what the environment says, which whoever is started for it has to have too.
    pub fn needs_environment(&self) -> bool {
        match self {
            Self::Directory(_) => false,
            #[cfg(feature = "object-store")]
            Self::Objects(location) => location.needs_environment(),
        }
    }

    /// As an address has it.
    pub(super) fn text(&self) -> String {
        match self {
            Self::Directory(directory) => directory.to_string_lossy().into_owned(),
            #[cfg(feature = "object-store")]
            Self::Objects(location) => location.to_string(),
        }
    }
}

impl fmt::Display for OutputStorage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Directory(directory) => write!(f, "{} of this machine", directory.display()),
            #[cfg(feature = "object-store")]
            Self::Objects(storage) => storage.fmt(f),
        }
    }
}

impl From<&Path> for OutputStorage {
    fn from(directory: &Path) -> Self {
        Self::Directory(directory.to_owned())
    }
}

impl From<&PathBuf> for OutputStorage {
    fn from(directory: &PathBuf) -> Self {
        Self::Directory(directory.clone())
    }
}

impl From<PathBuf> for OutputStorage {
    fn from(directory: PathBuf) -> Self {
        Self::Directory(directory)
    }
}

impl From<&OutputStorage> for OutputStorage {
    fn from(storage: &Self) -> Self {
        storage.clone()
    }
}

#[cfg(feature = "object-store")]
impl From<ObjectStorage> for OutputStorage {
    fn from(storage: ObjectStorage) -> Self {
        Self::Objects(storage)
    }
}
