//! The transport against real SSH servers: the loopback fleet's, and OpenSSH's own.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stderr,
    reason = "all of it is tests; what is left out is said on standard error"
)]

mod account;
mod agent;
mod agents;
mod algorithms;
mod attempt;
mod both_transports;
mod breaking;
mod certificates;
mod changed_files;
mod client_config;
mod conformance;
mod cut_links;
mod detached;
mod dropbear;
mod exec_options;
mod execution;
mod faults;
mod fence_at_gate;
mod fencing;
mod fleet;
mod hooks;
mod host_clock;
mod host_lock;
mod jumps;
mod key_files;
mod key_order;
mod keywords;
mod limits;
mod login;
mod login_shells;
mod machine;
mod network;
mod not_ssh;
mod one_lock;
mod openssh;
mod other_servers;
mod over_time;
mod place;
mod proxy;
mod questions;
mod reaching;
mod reattaching;
mod reboot;
mod run_as;
mod secret_environment;
mod send_env;
mod sending;
mod sick;
mod silence;
mod stopping;
mod through_program;
mod trust;
