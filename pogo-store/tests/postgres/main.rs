//! Stores in PostgreSQL, over a server of Debian's that the tests start.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "all of it is tests"
)]

mod compaction;
mod conformance;
mod copies;
mod expiry;
mod faults;
mod formats;
mod history;
mod looking;
mod migrating;
mod proxy;
mod replica;
#[allow(
    dead_code,
    reason = "the tests of the program promote a standby of it, with this file"
)]
mod server;
