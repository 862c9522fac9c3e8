//! The page: its files as they are served, and as a browser sees them.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "what is unexpected ends the test"
)]

mod browser;
mod complaints;
mod files;
#[path = "../api/memory_history.rs"]
mod memory_history;
mod restarting;
mod selected;
mod served;
mod tabs;
