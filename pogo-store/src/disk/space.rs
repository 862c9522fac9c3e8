//! What needs space on a full disk.

use std::io;

use crate::error::is_full;

/// Does what a journal cannot do without; on a full disk once more, where that gave it space.
pub(crate) fn with_space<T>(work: impl Fn() -> io::Result<T>, release: impl FnOnce() -> bool) -> io::Result<T> {
    match work() {
        Err(error) if is_full(&error) && release() => work(),
        done => done,
    }
}
