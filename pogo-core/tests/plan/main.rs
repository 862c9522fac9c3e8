//! Plans: what is printed, what is refused, and in which order things are found.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on has failed")]

mod binding;
mod cycles;
mod printed;
mod refused;
