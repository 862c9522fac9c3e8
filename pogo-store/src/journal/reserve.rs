//! Space that is kept free, so that a journal ends cleanly on a full disk.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::disk::Disk;

/// Whether the journal needs all space that is left, for those who write other things.
#[derive(Debug, Default)]
pub(crate) struct ReserveState(AtomicBool);

impl ReserveState {
    /// Whether the reserve was given to the journal.
    pub(crate) fn is_given(&self) -> bool {
        // Relaxed: it is advice to those who write less important things, and late by one write
        // does no harm.
        self.0.load(Ordering::Relaxed)
    }

    fn set_given(&self, is_given: bool) {
        self.0.store(is_given, Ordering::Relaxed);
    }
}

/// A file of nothing, which is removed when the disk is full, and made again when it is not.
#[derive(Debug)]
pub(crate) struct Reserve {
    file: PathBuf,
    bytes: u64,
    is_there: bool,
    state: Arc<ReserveState>,
    /// Appends until it is tried again.
    wait: u32,
}

impl Reserve {
    /// How many appends go by between two trials to have the space again: each allocates what there is, and gives it
    /// back.
    const EVERY: u32 = 64;

    /// Allocates the space, if the disk has it.
    pub(crate) fn new(disk: &dyn Disk, file: PathBuf, bytes: u64, state: Arc<ReserveState>) -> Self {
        let mut reserve = Self {
            file,
            bytes,
            is_there: false,
            state,
            wait: 0,
        };
        reserve.refill(disk);
        reserve
    }

    /// Gives the space to the journal. `false` if it has it already.
    pub(crate) fn release(&mut self, disk: &dyn Disk) -> bool {
        self.wait = Self::EVERY;
        self.state.set_given(true);
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
        self.state.set_given(!self.is_there);
        if !self.is_there {
            // A part of it would be space that the journal lacks. What cannot be removed is not there.
            let _ = disk.remove(&self.file);
        }
    }
}
