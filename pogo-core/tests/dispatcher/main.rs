//! The dispatcher and its journal: what is durable before it is acted on, and who may go on.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on has failed")]

mod ending;
mod flaky;
mod journal;
mod panics;
mod shop;
mod takeover;
