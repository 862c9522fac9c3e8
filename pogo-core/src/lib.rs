//! The pure scheduler of pogo: it rolls a command out to thousands of hosts as fast as the rules allow, and never
//! faster.
//!
//! The core does no IO. It is a state machine ([`scheduler::Scheduler`]) that takes inputs with the time they come at
//! and gives events, and plain data around it:
//!
//! | module | question | begin with |
//! | --- | --- | --- |
//! | [`fleet`] | who? | [`Fleet::builder`](fleet::Fleet::builder), [`Selector`](fleet::Selector), [`fold`](fleet::fold()) |
//! | [`policy`] | under which rules? | [`Policy`](policy::Policy) |
//! | [`plan`] | what would a job do? | [`Plan::compile`](plan::Plan::compile), [`JobSpec`](plan::JobSpec) |
//! | [`scheduler`] | who is next, and why not me? | [`Scheduler`](scheduler::Scheduler), [`Event`](scheduler::Event), [`view`](scheduler::Scheduler::view) |
//! | [`journal`] | what survives? | [`replay`](journal::replay()) |
//! | [`stream`] | what happened since? | [`Follower`](stream::Follower), [`Update`](stream::Update) |
//! | [`history`] | what was there? | [`JobFilter`](history::JobFilter), [`JobReplay`](history::JobReplay) |
//! | `output` | where does output go? | `OutputStore`, `MemoryOutput` |
//! | `inventory` | where do hosts come from? | `Inventory`, `Listing` |
//! | `dispatcher` | who carries it out? | `Dispatcher`, `Transport` |
//! | [`sim`] | what would happen? | [`World`](sim::World) |
//! | `testing` | does my policy hold? | strategies and invariants for proptest |
//!
//! Two crates read what it writes, through this public interface alone: `pogo-picture` draws event logs and plans,
//! `pogo-audit` proves that a log kept every rule.
//!
//! Three ways to use it, from least to most:
//!
//! - **Ask.** Compile a [`Plan`](plan::Plan), or run a job in a [`World`](sim::World) of virtual time and look at its
//!   events.
//! - **Drive.** Hand inputs to a [`Scheduler`](scheduler::Scheduler) from an event loop of your own.
//! - **Run.** Give a `Transport` to a `Dispatcher`, which journals and carries out what the scheduler decides.
//!
//! Chapters with whole programs: `guide::inventory`, `guide::transport`, `guide::policy`; and of SSH `pogo_ssh::guide`.
//!
//! # Features
//!
//! - `async` (default): the `dispatcher`, the `inventory` and the traits of the outside world. Without it no async
//!   crate is built.
//! - `metrics`: `dispatcher::telemetry::Metrics`, an observer that keeps metrics through the facade of the crate
//!   `metrics`.
//! - `tracing`: `dispatcher::telemetry::Trace`, spans of jobs, hosts, attempts and phases, and events for whoever is on
//!   call.
//! - `testing`: the `testing` module, for dev-dependencies.
//!
//! # What it promises
//!
//! For every limit of k hosts, at every moment and over all jobs: at most k of its hosts run; an available host is
//! started only if fewer than k of them are unavailable, and failed hosts, hosts in doubt and hosts marked down are
//! unavailable. A later stage starts only when those before it are complete. A host runs one attempt at a time. No host
//! waits that could start. The same inputs give the same events, and applying the events gives the same state.

#![cfg_attr(docsrs, feature(doc_cfg))]

mod digest;
#[cfg(feature = "async")]
pub mod dispatcher;
pub mod fleet;
#[cfg(any(doc, doctest))]
pub mod guide;
pub mod history;
#[cfg(feature = "async")]
pub mod inventory;
pub mod journal;
#[cfg(feature = "json")]
mod json;
#[cfg(feature = "openapi")]
mod openapi;
pub mod output;
pub mod plan;
pub mod policy;
mod saturating;
pub mod scheduler;
pub mod sim;
pub mod stream;
#[cfg(feature = "testing")]
pub mod testing;
pub mod time;

pub use digest::{Digest, InvalidDigest};
/// The crate whose futures, streams and channels the traits here name.
#[cfg(feature = "async")]
pub use futures;
#[cfg(feature = "json")]
pub use json::JsonError;
pub use time::Timestamp;

/// The examples of the README, compiled.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
