//! The dispatcher and its journal: what is durable before it is acted on, and who may go on.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on has failed")]

mod collect;
mod ending;
mod flaky;
mod journal;
mod numbers;
mod observers;
mod panics;
mod shop;
mod shutdown;
mod shutdown_anywhere;
mod subscribe;
mod takeover;
mod wait;
mod yields;
