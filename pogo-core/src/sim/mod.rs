//! PRETEND: the real scheduler in a world of virtual time.
//!
//! A [`World`] has hosts, tasks that take as long as [`TaskTimes`] say, and [`Fault`]s; it hands the scheduler
//! what real transports and operators would, and never waits. One seed, one history: the same world gives the same
//! events, and how long a host takes does not depend on when it is started.
//!
//! ```
//! use std::time::Duration;
//! use pogo_core::fleet::Fleet;
//! use pogo_core::plan::{JobSpec, RemoteCommand};
//! use pogo_core::policy::{Constraint, Policy, Rule};
//! use pogo_core::sim::{TaskTimes, World};
//!
//! let fleet = Fleet::builder().tagged("web", "web[1-100]").build()?;
//! let limit = Constraint::new("$web".parse()?, Rule::MaxParallel("25%".parse()?));
//! let policy = Policy::new().constraint(limit);
//!
//! let mut world = World::new(fleet, policy)?.task_times(TaskTimes::Fixed(Duration::from_secs(10)));
//! world.submit(JobSpec::new("$web".parse()?, RemoteCommand::shell("restart")))?;
//! let history = world.run();
//! assert_eq!(history.makespan(), Duration::from_secs(40)); // four times 25 hosts
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod bound;

mod crash;
mod draw;
mod dry_run;
mod fault;
mod history;
mod indexed;

mod event_queue;
mod past;
mod past_orders;
mod recovery;
mod rerun;
mod resume;
mod script;
mod stage_path;
mod step;
mod times;
pub mod what_if;
mod work;
mod world;

pub use bound::{Binding, LowerBound, lower_bound};
pub use dry_run::DryRun;
pub use fault::Fault;
pub use history::History;
pub use past::{PastError, PastTimes};
pub use rerun::RerunError;
pub use times::TaskTimes;
pub use world::World;
