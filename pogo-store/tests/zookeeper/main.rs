//! Stores in ZooKeeper, over an ensemble of Debian's that the tests start.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stderr,
    clippy::print_stdout,
    reason = "all of it is tests"
)]

mod commits;
mod compaction;
mod conformance;
mod copied_history;
mod copies;
mod ensemble;
mod faults;
mod formats;
mod golden;
mod history;
mod looking;
mod objects;
mod outages;
mod output;
mod owners;
mod proxy;
mod rights;
mod s3;
mod sasl;
mod tls;
mod tree;
