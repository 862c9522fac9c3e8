//! The pause between two connection attempts.

use std::hash::{BuildHasher, RandomState};
use std::time::Duration;

use pogo_core::dispatcher::layer::Backoff;

/// The pause after this many tries (from 0): 0.25 s doubling up to 8 s, of which a random half to all is taken.
pub(crate) fn pause_after(tries: u32) -> Duration {
    // A random number without another dependency: hashers are keyed randomly.
    Backoff::default().pause(tries, RandomState::new().hash_one(tries))
}
