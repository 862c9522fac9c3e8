//! Copies of namespaces, from directories and to them, and from one database to another.

mod source;
mod stores;
mod target;

use std::hash::{BuildHasher, Hasher, RandomState};

/// The standard library keys its hashers from the system's randomness.
fn random_number() -> u64 {
    RandomState::new().build_hasher().finish()
}
