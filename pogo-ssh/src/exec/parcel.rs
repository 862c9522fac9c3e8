//! Files to send to hosts, read once for all of them.

use std::collections::HashMap;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::SystemTime;

use pogo_core::plan::SentFile;
use sha2::{Digest, Sha256};

/// The largest file that is sent: it is held in memory while any host needs it.
const LARGEST: u64 = 256 << 20;

/// A file to send.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Parcel {
    pub(super) bytes: Vec<u8>,
    /// SHA-256 of the bytes, in hexadecimal digits.
    pub(super) sum: String,
    /// Permission bits of the source.
    pub(super) mode: u32,
}

/// Which file, as it was when: one that has changed is another.
type Version = (String, u64, Option<SystemTime>);

/// The files that attempts under way send.
#[derive(Debug, Default, Clone)]
pub(crate) struct Parcels(Arc<Mutex<HashMap<Version, Weak<Parcel>>>>);

impl Parcels {
    /// Reads files, or says which one cannot be sent, and why.
    pub(crate) async fn pack(&self, files: &[SentFile]) -> Result<Vec<Arc<Parcel>>, String> {
        if files.is_empty() {
            return Ok(Vec::new());
        }
        let (parcels, files) = (self.clone(), files.to_vec());
        let packing = tokio::task::spawn_blocking(move || files.iter().map(|file| parcels.get(&file.source)).collect());
        packing
            .await
            .unwrap_or_else(|_| Err("the files to send could not be read".to_owned()))
    }

    fn get(&self, source: &str) -> Result<Arc<Parcel>, String> {
        let cannot = |reason: String| format!("cannot send {source}: {reason}");
        let about = fs::metadata(Path::new(source)).map_err(|error| cannot(error.to_string()))?;
        if !about.is_file() {
            return Err(cannot("it is not a file".to_owned()));
        }
        if about.len() > LARGEST {
            return Err(cannot(format!("it has more than {} MiB", LARGEST >> 20)));
        }
        let version = (source.to_owned(), about.len(), about.modified().ok());
        // The lock is held while the file is read, or a thousand hosts would read it at once.
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(parcel) = known.get(&version).and_then(Weak::upgrade) {
            return Ok(parcel);
        }
        let bytes = fs::read(source).map_err(|error| cannot(error.to_string()))?;
        let sum = Sha256::digest(&bytes);
        let sum = sum.iter().map(|byte| format!("{byte:02x}")).collect();
        let mode = about.permissions().mode() & 0o7777;
        let parcel = Arc::new(Parcel { bytes, sum, mode });
        known.retain(|_, parcel| parcel.strong_count() > 0);
        known.insert(version, Arc::downgrade(&parcel));
        Ok(parcel)
    }
}
