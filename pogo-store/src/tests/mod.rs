//! What the store keeps when the power fails, the disk is full, a sync fails or a bit is flipped.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "all of it is tests"
)]

mod checks;
mod compaction;
mod copies;
mod crashes;
mod damage;
mod disk_state;
mod expiry;
mod faults;
mod formats;
mod history;
mod hooked_disk;
mod jobs;
mod killed;
mod outputs;
mod owners;
mod ownership;
mod random_output;
mod scenario;
mod simulated_disk;
mod stopping_disk;
