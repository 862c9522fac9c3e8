//! Dispatchers that die, pause, wake up and are replaced, over a journal and hosts that are models.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on has failed")]

mod defects;
mod seeds;
