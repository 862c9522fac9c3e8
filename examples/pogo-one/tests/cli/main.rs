//! The program as its users meet it: the binary itself, on real files and real SSH.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on has failed")]

mod asking;
mod assumed_down;
mod audit;
mod bad_input;
mod blocked;
mod browser;
mod dialect;
mod folding;
mod follow;
mod foreign;
mod guard;
mod help;
mod hostile;
mod inputs;
mod interrupt;
mod inventory;
mod kept;
mod limits;
mod output;
mod pictures;
mod program;
mod readme;
mod replay;
mod secrets;
mod settings;
mod simulated;
mod source_warnings;
mod ssh;
mod store;
mod what_if;
mod worked;
mod writing;
