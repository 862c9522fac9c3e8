//! The answers of `ClientConfig`, compared with those of `ssh -G`.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stderr,
    reason = "all of it is tests; what is left out is said on standard error"
)]

mod files;
mod generated;
mod nasty;
mod openssh;
mod options;
mod printed;
mod refused;
