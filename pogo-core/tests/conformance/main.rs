//! The suites find the defects that are planted in adapters, each by the case of that line of the contract.
#![allow(clippy::unwrap_used, clippy::panic, reason = "all of it is tests")]

mod inventories;
mod journals;
mod outputs;
mod transports;
