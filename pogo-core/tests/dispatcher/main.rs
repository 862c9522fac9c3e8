//! The dispatcher and its journal: what is durable before it is acted on, and who may go on.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on has failed")]

mod asking_again;
mod captured;
mod clock_skew;
mod collect;
mod commit_delay;
mod configuring;
mod content;
mod ending;
#[path = "../properties/every_query.rs"]
mod every_query;
mod fencing;
mod flaky;
mod followers;
mod forgetful;
mod intercepted;
mod journal;
mod metrics;
mod numbers;
mod observers;
mod one_moment;
mod output;
mod ownership;
mod panics;
mod permission;
mod records;
mod restores;
mod shop;
mod shutdown;
mod shutdown_anywhere;
mod silent_journal;
mod slow_journal;
mod slow_output;
mod slow_store;
mod stream_client;
mod streams;
mod takeover;
mod tracing_spans;
mod transport_pool;
#[path = "../layers/virtual_time.rs"]
mod virtual_time;
mod wait;
mod yields;
