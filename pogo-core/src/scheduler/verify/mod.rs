//! Everything that must hold, recomputed from scratch.

#[cfg(feature = "testing")]
mod fingerprint;
mod invariants;
mod retired;
mod violation;

pub use violation::Violation;
