//! WHAT: one job compiled against fleet and policy.

mod advice;
mod counting_sort;
mod cycle;

mod groups;
mod invocation;
mod job;
#[allow(
    clippy::module_inception,
    reason = "the folder is about plans, the file holds the plan itself"
)]
mod plan;
mod print;
mod problem;
mod resolve;
mod rules;
mod sequences;
mod settings;
mod stages;
mod waves;
mod words;

pub use invocation::{Invocation, RunAs, SentFile, Stdin};
pub use job::{Command, Expectation, JobSpec, Order};
pub(crate) use job::{check_bake, check_settings};
pub use plan::{Plan, PlannedBucket, PlannedBudget, PlannedStage};
pub use problem::{PlanError, Problem, Warning};
pub(crate) use rules::Capacity;
pub use rules::{Bucket, BucketId, BudgetGroup, Rules};
pub use settings::PlannedSettings;
pub use stages::{Stage, StageId, Stages};
