//! What tells a namespace from those of the same name in other stores.

use std::hash::{BuildHasher, Hasher, RandomState};
use std::io;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::checked_line::{checked, object, push_line};
use crate::disk::{Disk, replace_file};
use crate::error::StoreError;

const NAME: &str = "id";

#[derive(Serialize, Deserialize)]
struct NamespaceId {
    id: String,
}

/// The file that has it.
pub(crate) fn id_file(namespace: &Path) -> PathBuf {
    namespace.join(NAME)
}

/// The id of a namespace; `None` if it has none yet.
pub(crate) fn read_id(disk: &dyn Disk, namespace: &Path) -> Result<Option<String>, StoreError> {
    let path = id_file(namespace);
    let bytes = match disk.read_all(&path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        bytes => bytes?,
    };
    let line = bytes.strip_suffix(b"\n").and_then(checked);
    let read = line.and_then(|fields| serde_json::from_slice::<NamespaceId>(&object(fields)).ok());
    match read {
        // The id goes into paths on hosts, so a damaged or a crafted file must not bring other
        // characters there.
        Some(NamespaceId { id }) if is_id(&id) => Ok(Some(id)),
        _ => Err(StoreError::Damaged {
            path,
            message: "it has another checksum than it says; restore it from a copy".to_owned(),
        }),
    }
}

/// Gives a namespace a random id. Only its owner does so.
pub(crate) fn write_id(disk: &dyn Disk, namespace: &Path) -> Result<String, StoreError> {
    // The standard library keys its hashers from the system's randomness.
    let id = format!("{:016x}", RandomState::new().build_hasher().finish());
    write_this_id(disk, namespace, &id)?;
    Ok(id)
}

/// Gives a namespace this id.
pub(crate) fn write_this_id(disk: &dyn Disk, namespace: &Path, id: &str) -> io::Result<()> {
    let mut line = vec![];
    let written = serde_json::to_vec(&NamespaceId { id: id.to_owned() })?;
    push_line(&mut line, &written);
    replace_file(disk, &id_file(namespace), &line)
}

fn is_id(id: &str) -> bool {
    !id.is_empty() && id.len() <= 32 && id.bytes().all(|byte| byte.is_ascii_hexdigit())
}
