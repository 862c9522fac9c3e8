//! Space that is kept free, so that a journal ends cleanly on a full disk.

use std::path::PathBuf;

use crate::disk::Disk;

/// A file of nothing, which is removed when the disk is full, and made again when it is not.
#[derive(Debug)]
pub(crate) struct Reserve {
    file: PathBuf,
    bytes: u64,
    is_there: bool,
    /// Appends until it is tried again.
    wait: u32,
}

impl Reserve {
    /// How many appends go by between two trials to have the space again: each allocates what there is, and gives it back.
    const EVERY: u32 = 64;

    /// Allocates the space, if the disk has it.
    pub(crate) fn new(disk: &dyn Disk, file: PathBuf, bytes: u64) -> Self {
        let mut reserve = Self {
            file,
            bytes,
            is_there: false,
            wait: 0,
        };
        reserve.refill(disk);
        reserve
    }

    /// Gives the space to the journal. `false` if it has it already.
    pub(crate) fn release(&mut self, disk: &dyn Disk) -> bool {
        self.wait = Self::EVERY;
        std::mem::take(&mut self.is_there) && disk.remove(&self.file).is_ok()
    }

    /// Takes the space back, if the disk has it again.
    pub(crate) fn refill(&mut self, disk: &dyn Disk) {
        if self.is_there {
            return;
        }
        if self.wait > 0 {
            self.wait -= 1;
            return;
        }
        self.wait = Self::EVERY;
        self.is_there = disk.reserve(&self.file, self.bytes).is_ok();
        if !self.is_there {
            // A part of it would be space that the journal lacks. What cannot be removed is not there.
            let _ = disk.remove(&self.file);
        }
    }
}
