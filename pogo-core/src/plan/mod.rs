//! WHAT: one job compiled against fleet and policy.

mod advice;
mod counting_sort;
mod cycle;
mod exec_options;
mod exec_options_check;
mod groups;
mod hold_owner;
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
mod run_as;
mod sent_file;
mod sequences;
mod settings;
mod stages;
mod stdin;
mod transport_settings;
mod waves;
mod words;

pub use exec_options::ExecOptions;
pub use hold_owner::{HoldOwner, InvalidHoldOwner};
pub use job::{Expectation, HostOrder, JobSpec, RemoteCommand};
pub(crate) use job::{check_bake, check_settings};
pub use plan::{Plan, PlannedBucket, PlannedBudget, PlannedStage};
pub use problem::{PlanError, PlanProblem, Warning};
pub(crate) use rules::Capacity;
pub use rules::{Bucket, BucketId, BudgetGroup, Rules};
pub use run_as::RunAs;
pub use sent_file::SentFile;
pub use settings::PlannedSettings;
pub use stages::{JobStage, StageId, Stages};
pub use stdin::Stdin;
pub use transport_settings::TransportSettings;
