//! The transport against real SSH servers: the loopback fleet's, and OpenSSH's own.

mod errand;
mod execution;
