//! Layers around transports, in virtual time.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on has failed")]

mod faults;
mod limits;
mod recording;
mod retries;
mod scripted;
mod virtual_time;
