//! PROVE: strategies and invariants, for testing your own policies against the scheduler that will run them.
//!
//! - Strategies for [`proptest`]: [`fleets`], [`policies`], [`job_specs`], [`job_settings`], [`job_updates`],
//!   [`steps`]; or your own fleet and policy.
//! - [`Drill`] plays [`Step`]s, that is reports, orders, crashes and the passing of time, to a real scheduler.
//! - Invariants over what was recorded: [`assert_never_more_than`], [`assert_stays_available`], [`assert_order`],
//!   [`assert_once`]. They look at records only, so a journal of a real rollout does as well.
//!
//! ```
//! use std::sync::Arc;
//! use pogo_core::fleet::Fleet;
//! use pogo_core::plan::{JobSpec, RemoteCommand};
//! use pogo_core::policy::{Constraint, Policy, Rule};
//! use pogo_core::testing::{Drill, Step, assert_never_more_than, group, steps};
//! use proptest::prelude::*;
//!
//! let fleet = Arc::new(Fleet::builder().tagged("web", "web[1-5]").build()?);
//! let limit = Constraint::new("$web".parse()?, Rule::MaxParallel("2".parse()?));
//! let policy = Arc::new(Policy::new().constraint(limit));
//! let spec = JobSpec::new("$web".parse()?, RemoteCommand::shell("restart"));
//!
//! // Whatever happens short of other rules, no more than two of the web hosts run at once. Another policy is another
//! // rule, and so is another job: it may override all constraints.
//! proptest!(ProptestConfig::with_cases(64), |(steps in prop::collection::vec(steps(), 0..20))| {
//!     let mut drill = Drill::new(Arc::clone(&fleet), Arc::clone(&policy)).unwrap();
//!     drill.submit(spec.clone()).unwrap();
//!     for step in steps.iter().filter(|step| !matches!(step, Step::Configure(..) | Step::Submit(_))) {
//!         drill.play(step);
//!     }
//!     assert_never_more_than(drill.records(), &group(&fleet, "$web"), 2);
//! });
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

#![allow(
    clippy::panic,
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a broken invariant ends the test that asked for it"
)]

/// The crate whose strategies the functions here return.
pub use proptest;

#[cfg(feature = "async")]
mod attempt;
#[cfg(feature = "async")]
pub mod cluster;
#[cfg(feature = "async")]
pub mod conformance;
mod drill;
mod drill_owner;
mod fleets;
#[cfg(feature = "async")]
mod host_records;
mod invariants;
mod job_settings;
mod jobs;
mod limits;
#[cfg(feature = "async")]
mod permission;
mod policies;
mod recorded;
mod steps;
#[cfg(test)]
mod tests;
#[cfg(feature = "async")]
mod transport;

#[cfg(feature = "async")]
pub use attempt::{AttemptWatch, SeenAttempt, TestAttempt};
pub use drill::Drill;
pub use drill_owner::DrillOwner;
pub use fleets::{fleets, group};
pub use invariants::{assert_never_more_than, assert_once, assert_order, assert_stays_available};
pub use job_settings::job_settings;
pub use jobs::job_specs;
pub use limits::limits;
#[cfg(feature = "async")]
pub use permission::{PermitAll, TestPermission};
pub use policies::policies;
pub use steps::{Step, job_updates, steps};
#[cfg(feature = "async")]
pub use transport::{TestBehavior, TestStep, TestTransport};
