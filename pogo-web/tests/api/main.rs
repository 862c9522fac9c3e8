//! The router and the client, over real Unix sockets, with a real dispatcher.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "what is unexpected ends the test"
)]

mod accounts;
mod attacks;
mod cutting_proxy;
mod described;
mod documentation;
mod embedded;
mod encrypted;
mod fixed_clock;
mod follow;
mod golden;
mod history;
mod inputs;
mod lost_answers;
mod malformed;
mod memory_history;
mod openapi;
mod orders;
mod output;
mod output_order;
mod plan;
mod problems;
mod queries;
mod raw;
mod records;
mod request_log;
mod restart;
mod rights;
mod rights_table;
mod scenario;
mod schema;
mod served;
mod slow_readers;
mod sockets;
mod standby;
mod stored;
mod timeline;
mod token_file;
mod touched;
