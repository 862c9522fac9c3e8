//! WHAT: one job compiled against fleet and policy.

mod job;

pub use job::{Command, Hooks, JobSpec};
