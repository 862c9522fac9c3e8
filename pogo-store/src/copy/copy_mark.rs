//! What a copy says of itself.

use std::hash::{BuildHasher, Hasher, RandomState};
use std::io;
use std::path::Path;

use pogo_core::Timestamp;
use pogo_core::journal::{Epoch, JournalError};
use pogo_core::scheduler::RestoreId;
use serde::{Deserialize, Serialize};

use crate::checked_line::{checked, object, push_line};
use crate::disk::{Disk, replace_file};
use crate::error::unavailable;

const NAME: &str = "copied";

/// Says of a namespace that it is a copy: what happened to the one that it was made of is not known to it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct CopyMark {
    /// The store that was copied.
    pub from: String,
    /// When it was copied.
    pub at: Timestamp,
    /// The last epoch that the namespace had then.
    pub epoch: Epoch,
    /// What distinguishes it from every other copy. Copies of before copies had one have none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<RestoreId>,
}

impl CopyMark {
    pub(super) fn new(from: impl std::fmt::Display, at: Timestamp, epoch: Epoch) -> Self {
        Self {
            from: from.to_string(),
            at,
            epoch,
            // The standard library keys its hashers from the system's randomness.
            id: Some(RestoreId(RandomState::new().build_hasher().finish())),
        }
    }

    pub(super) fn write(&self, disk: &dyn Disk, namespace: &Path) -> io::Result<()> {
        let mut line = vec![];
        push_line(&mut line, &serde_json::to_vec(self)?);
        replace_file(disk, &namespace.join(NAME), &line)
    }
}

/// Removes the mark of a namespace, if it has one, durably.
pub(crate) fn remove_mark(disk: &dyn Disk, namespace: &Path) -> io::Result<()> {
    disk.remove(&namespace.join(NAME))?;
    disk.sync_dir(namespace)
}

/// The mark of a namespace; `None` if it is no copy.
pub(crate) fn read_mark(disk: &dyn Disk, namespace: &Path) -> Result<Option<CopyMark>, JournalError> {
    let file = namespace.join(NAME);
    let bytes = match disk.read_all(&file) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        bytes => bytes.map_err(unavailable)?,
    };
    let line = bytes.strip_suffix(b"\n").and_then(checked);
    let mark = line.and_then(|fields| serde_json::from_slice(&object(fields)).ok());
    mark.map(Some).ok_or_else(|| JournalError::Unavailable {
        message: format!(
            "{} is damaged: it has another checksum than it says; copy the store again",
            file.display()
        ),
    })
}
