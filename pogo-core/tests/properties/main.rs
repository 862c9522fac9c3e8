//! Random fleets, policies, jobs and histories: what must hold holds after every input.
//!
//! A failing case prints its seed, shrinks, and is kept in `*.regressions` beside the test, to be run first from then
//! on.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on has failed")]

mod audited;
mod binding;
mod damaged;
mod every_query;
mod explain;
mod flapping;
mod history;
mod liveness;
mod many_jobs;
mod oracle;
mod orders;
mod parsers;
mod refusals;
mod replay;
mod rerun;
mod results;
mod retiring;
mod safety;
mod scenario;
mod snapshot;
mod stored_events;
mod streams;
mod updates;
mod views;
mod what_if;
