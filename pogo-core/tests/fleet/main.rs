//! Fleets as sources build them, and as they are stored.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on has failed")]

mod building;
mod names;
mod ranges;
mod stored;
mod unseen;
