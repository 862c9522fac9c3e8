//! Where the output of attempts is kept: not in the ensemble, which holds all of its data in memory.

use std::fmt;
use std::path::{Path, PathBuf};

use super::ZookeeperError;
#[cfg(feature = "object-store")]
use crate::objects::{ObjectError, ObjectLocation, ObjectStorage};

/// Where the output of attempts is kept, as an address says.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum OutputLocation {
    /// A directory of each machine, for what its own dispatchers run.
    Directory(PathBuf),
    /// Objects that all machines read and write: in S3, or in a directory that all of them mount.
    #[cfg(feature = "object-store")]
    #[cfg_attr(docsrs, doc(cfg(feature = "object-store")))]
    Objects(ObjectLocation),
}

/// An opened [`OutputLocation`].
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

    /// Opens the location with the login and settings of the environment. Nothing is sent to a service yet.
    ///
    /// # Errors
    /// [`ZookeeperError::Output`] if the login or a setting is missing or invalid, or a directory cannot be created.
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

    /// Whether opening it reads variables of the environment, which a process that is started for it needs as well.
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
