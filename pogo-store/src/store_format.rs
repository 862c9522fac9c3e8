//! The version of a store, which is read before anything else.

use std::io;
use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::checked_line::{checked, object, push_line};
use crate::disk::{Disk, replace_file};
use crate::error::StoreError;

/// The version that this crate writes, and the newest that it reads.
const VERSION: u32 = 1;
const NAME: &str = "format";

#[derive(Serialize, Deserialize)]
struct Format {
    version: u32,
}

pub(crate) fn write_format(disk: &dyn Disk, store: &Path) -> io::Result<()> {
    let format = serde_json::to_vec(&Format { version: VERSION })?;
    let mut line = vec![];
    push_line(&mut line, &format);
    replace_file(disk, &store.join(NAME), &line)
}

/// Whether this crate may read the store.
pub(crate) fn check_format(disk: &dyn Disk, store: &Path) -> Result<(), StoreError> {
    let path = store.join(NAME);
    let bytes = match disk.read_all(&path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            return Err(StoreError::Missing { path: store.to_owned() });
        }
        bytes => bytes?,
    };
    let line = bytes.strip_suffix(b"\n").and_then(checked);
    let format = line.and_then(|fields| serde_json::from_slice::<Format>(&object(fields)).ok());
    match format {
        None => Err(StoreError::Damaged {
            path,
            message: "it has another checksum than it says; restore it from a copy".to_owned(),
        }),
        Some(Format { version }) if version > VERSION => Err(StoreError::Newer {
            path: store.to_owned(),
            version,
            known: VERSION,
        }),
        Some(_) => Ok(()),
    }
}
