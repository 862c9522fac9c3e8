//! Questions to a namespace and their answers, as plain data that can be sent and stored.

mod attempts;
mod explanation;
mod holds;
mod host;
mod hosts;
mod job;
mod jobs;
mod limits;
mod namespace;
mod page;
mod request;
mod stages;
mod view;

pub use attempts::AttemptsQuery;
pub use explanation::Explanation;
pub use holds::HoldsQuery;
pub use host::{HostDetails, HostInJob, HostOrigin};
pub use hosts::HostsQuery;
pub use job::JobDetails;
pub use jobs::{JobSummary, JobsQuery};
pub use limits::{LimitUsage, SlotWaiter, Slots, SlotsQuery};
pub use namespace::{JobCount, NamespaceSummary, RetiredJob, UnreadyJob};
pub use page::{PageLimit, Paged};
pub use request::Query;
pub use stages::{BudgetSummary, StageSummary};
pub use view::View;
