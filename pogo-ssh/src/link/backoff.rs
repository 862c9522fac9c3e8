//! The pause before a host is connected to again.

use std::hash::{BuildHasher, RandomState};
use std::time::Duration;

use pogo_core::dispatcher::layer::Backoff;

/// The pause after this many tries (from 0), from a quarter of a second to eight, somewhere between half and all of it.
pub(crate) fn pause_after(tries: u32) -> Duration {
    // Hash tables of this process and no other start from this number.
    Backoff::default().pause(tries, RandomState::new().hash_one(tries))
}
