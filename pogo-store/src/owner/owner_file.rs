//! The file that says who owns a namespace, or did last.

use std::io;
use std::path::Path;

use pogo_core::Timestamp;
use pogo_core::journal::{Epoch, JournalError, Nonce, OwnerId};
use serde::{Deserialize, Serialize};

use super::Machine;
use crate::checked_line::{checked, object, push_line};
use crate::disk::{Disk, replace_file};
use crate::error::unavailable;

/// An ownership.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct OwnerRecord {
    pub(crate) owner: OwnerId,
    pub(crate) epoch: Epoch,
    pub(crate) nonce: Nonce,
    pub(crate) since: Timestamp,
    #[serde(flatten)]
    pub(crate) machine: Machine,
    /// The address at which it takes requests.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) socket: Option<String>,
}

/// What the file says; `None` if there never was an owner.
pub(crate) fn read_owner(disk: &dyn Disk, file: &Path) -> Result<Option<OwnerRecord>, JournalError> {
    let bytes = match disk.read_all(file) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        bytes => bytes.map_err(unavailable)?,
    };
    let line = bytes.strip_suffix(b"\n").and_then(checked);
    let record = line.and_then(|fields| serde_json::from_slice(&object(fields)).ok());
    record.map(Some).ok_or_else(|| JournalError::Unavailable {
        message: format!(
            "{} is damaged: it has another checksum than it says; make sure that nobody uses the store, and remove \
             that file: epochs are then counted on from the records",
            file.display()
        ),
    })
}

impl OwnerRecord {
    pub(crate) fn write(&self, disk: &dyn Disk, file: &Path) -> io::Result<()> {
        let object = serde_json::to_vec(self)?;
        let mut line = vec![];
        push_line(&mut line, &object);
        replace_file(disk, file, &line)
    }
}
