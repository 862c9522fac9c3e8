//! The hold that one process has on a namespace.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use pogo_core::journal::{Epoch, JournalError, Owner, OwnerId};

use super::{Machine, OwnerRecord, read_owner};
use crate::disk::{Disk, DiskFile, FileIdentity, Lock, with_space};
use crate::error::unavailable;

/// A lock that is held, and what makes sure that it is that of the store which is there.
#[derive(Debug)]
pub(crate) struct Claim {
    pub(crate) epoch: Epoch,
    pub(crate) previous: Option<OwnerId>,
    file: PathBuf,
    written: FileIdentity,
    /// It is kept open, so that no other file gets its inode.
    _open: Arc<dyn DiskFile>,
    _lock: Box<dyn Lock>,
}

/// A lock of which nobody has heard yet.
#[derive(Debug)]
pub(crate) struct Locked {
    lock: Box<dyn Lock>,
    file: PathBuf,
    last: Option<OwnerRecord>,
}

impl Claim {
    /// Locks the namespace in this directory.
    ///
    /// # Errors
    /// [`JournalError::Held`] if somebody has it.
    pub(crate) fn lock(disk: &dyn Disk, dir: &Path, machine: &Machine) -> Result<Locked, JournalError> {
        let file = dir.join("owner");
        let lock = disk.lock(&dir.join("lock")).map_err(unavailable)?;
        // Also where somebody has the lock: the refusal names that one.
        let last = read_owner(disk, &file)?;
        let Some(lock) = lock else {
            return Err(held(last));
        };
        if let Some(last) = &last
            && last.machine.differs_from(machine)
        {
            return Err(JournalError::Unavailable {
                message: format!(
                    "{} was owned by {} on another machine, {}; a directory is owned from one machine. If that one \
                     will never use it again, remove {}",
                    dir.display(),
                    last.owner,
                    last.machine.host,
                    file.display()
                ),
            });
        }
        Ok(Locked { lock, file, last })
    }

    /// Whether the store is still the one that was locked, and not a copy that was put in its place.
    pub(crate) fn check(&self, disk: &dyn Disk) -> Result<(), JournalError> {
        match disk.identity(&self.file) {
            Ok(found) if found == self.written => Ok(()),
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(unavailable(error)),
            _ => Err(JournalError::Fenced),
        }
    }
}

impl Locked {
    /// The epoch of the last owner.
    pub(crate) fn last_epoch(&self) -> Epoch {
        self.last.as_ref().map_or(Epoch(0), |last| last.epoch)
    }

    /// Writes down who has the lock, under an epoch that is higher than each that the file or the records know.
    /// `release` gives space on a full disk, if there is any.
    pub(crate) fn claim(
        self,
        disk: &dyn Disk,
        (owner, machine): (Owner, Machine),
        of_records: Epoch,
        release: impl FnOnce() -> bool,
    ) -> Result<Claim, JournalError> {
        // The file may have been removed, as the refusal of another machine advises; the
        // records still know the epoch then.
        let epoch = Epoch(self.last_epoch().max(of_records).0 + 1);
        let record = OwnerRecord {
            owner: owner.id,
            epoch,
            nonce: owner.nonce,
            since: owner.since,
            machine,
            socket: None,
        };
        with_space(|| record.write(disk, &self.file), release).map_err(unavailable)?;
        Ok(Claim {
            epoch,
            previous: self.last.map(|last| last.owner),
            _open: disk.open(&self.file).map_err(unavailable)?,
            written: disk.identity(&self.file).map_err(unavailable)?,
            file: self.file,
            _lock: self.lock,
        })
    }
}

fn held(by: Option<OwnerRecord>) -> JournalError {
    let unknown = || JournalError::Held {
        owner: OwnerId("a dispatcher that has not said its name yet".into()),
        epoch: Epoch(0),
        since: pogo_core::Timestamp::EPOCH,
    };
    by.map_or_else(unknown, |by| JournalError::Held {
        owner: by.owner,
        epoch: by.epoch,
        since: by.since,
    })
}
