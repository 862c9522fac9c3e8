//! What a job would do: how long it takes, what binds it, what can stop it, and what each rule costs.
//!
//! A [`Scenario`] is a job in a [`World`](super::World); it can be run with many seeds, by [`Scenario::what_if`] or, on
//! several threads, by [`Scenario::what_if_by`]. The answer is a [`WhatIf`], which prints itself and serializes.
//!
//! ```
//! use std::time::Duration;
//! use pogo_core::fleet::Fleet;
//! use pogo_core::plan::{JobSpec, RemoteCommand};
//! use pogo_core::policy::{Constraint, Policy, Rule};
//! use pogo_core::sim::{Fault, TaskTimes, World};
//! use pogo_core::sim::what_if::{Questions, Scenario};
//!
//! let fleet = Fleet::builder().tagged("web", "web[1-40]").build()?;
//! let limit = Constraint::new("$web".parse()?, Rule::MaxParallel("10%".parse()?));
//! let policy = Policy::new().constraint(limit);
//! let times = TaskTimes::LogNormal { median: Duration::from_secs(30), sigma: 0.8 };
//! let world = World::new(fleet, policy)?.task_times(times).inject_everywhere(Fault::fails_sometimes(0.02));
//! let scenario = Scenario::new(world, JobSpec::new("$web".parse()?, RemoteCommand::shell("restart")));
//!
//! let answer = scenario.what_if(&Questions::new(7, 50))?;
//! assert_eq!(answer.groups[0].peak.most, 4); // never more than a tenth
//! assert!(answer.stopped.share() < 0.2); // four failures of 40 stop it
//! let costly = &answer.costs[0];
//! assert_eq!(costly.relaxation.to_string(), "without max_parallel: 10% on $web");
//! println!("{answer}");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod answer;
mod chance;
mod path;
mod print;
mod questions;
mod relax;
mod run;
mod scenario;
mod spread;
mod step;
mod tracker;

pub use answer::{Cost, GroupForecast, Peak, WhatIf};
pub use chance::Chance;
pub use path::{CriticalPath, Link, PathError, WaitedFor};
pub use questions::Questions;
pub use relax::{Change, Relaxation};
pub use run::{GroupUse, Run};
pub use scenario::{Scenario, Trial};
pub use spread::{Quantile, Spread};
