//! WHEN: the state machine.
//!
//! [`Scheduler`] turns [`Input`]s into [`Event`]s; its documentation is the contract.
//!
//! ```
//! use std::sync::Arc;
//! use pogo_core::Timestamp;
//! use pogo_core::fleet::Fleet;
//! use pogo_core::plan::{JobSpec, RemoteCommand};
//! use pogo_core::policy::{Constraint, Policy, Rule};
//! use pogo_core::scheduler::{Event, Input, Order, Outcome, Scheduler};
//!
//! let fleet = Arc::new(Fleet::builder().tagged("web", "web[1-3]").build()?);
//! let limit = Constraint::new("$web".parse()?, Rule::MaxParallel("1".parse()?));
//! let policy = Arc::new(Policy::new().constraint(limit));
//! let spec = Arc::new(JobSpec::new("$web".parse()?, RemoteCommand::shell("uptime")));
//!
//! let mut scheduler = Scheduler::new();
//! let now = Timestamp::from_millis(0);
//! scheduler.handle(now, Order::Configure { fleet, policy })?;
//! let events = scheduler.handle(now, Order::submit(spec))?;
//!
//! // One at a time: of three hosts, one starts ...
//! let [Event::Job(_), Event::Task(task)] = &events[..] else { panic!() };
//! let attempt = task.started().expect("the order to run it");
//! assert_eq!(task.host.as_str(), "web1");
//!
//! // ... and the next when it has succeeded.
//! let events = scheduler.handle(now, Input::Reported { attempt, outcome: Outcome::Succeeded, output: None })?;
//! let [Event::Task(end), Event::Task(next)] = &events[..] else { panic!() };
//! assert_eq!(end.ended(), Some(attempt));
//! assert!(next.started().is_some());
//! assert_eq!(next.host.as_str(), "web2");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod agenda;
mod attempt;
mod check;
mod collections;
mod command;
mod deadlines;
mod decide;
mod error;
mod event;
mod explain;
mod host;
mod ids;
mod job;
mod limits;
mod namespace;
mod obstacle;
mod order_log;
mod outlook;
mod query;
#[allow(
    clippy::module_inception,
    reason = "the module is named for what it is about, its file for what it holds"
)]
mod scheduler;
mod scheduler_views;
mod snapshot;
mod state;
mod verify;
mod view;

pub use attempt::{
    BeginRefused, DoubtView, Failure, FailureCause, FailureKind, FenceAnswer, FenceState, LockHolder, NeverBegan,
    Outcome, OutputSummary, Permission, Phase,
};
pub(crate) use command::OrderClass;
pub use command::{Answer, Command, HoldMode, Input, JobNote, Order, OrderKind, RequestId, RequestIdError, Steered};
pub use error::{ApplyError, ConfigureError, InputError, QueryError};
pub use event::{
    CancelReason, DoubtCause, Event, HaltCause, HostEvent, HostEventKind, JobEvent, JobEventKind, NamespaceEvent,
    NamespaceEventKind, Record, TaskEvent, TaskEventKind,
};
pub use host::{Freeze, Hold, HoldView};
pub use ids::{Actor, AttemptId, Epoch, Incarnation, JobId, OwnerId, ParseIdError};
pub use job::{JobEnd, JobStatus, JobUpdate, Tally, TaskState};
pub use namespace::{Content, ContentNotLoaded, Restoration, RestoreCause, RestoreId, RestoreIdError};
pub use obstacle::{Blocker, Cure, CureOrder, FormatTime, Holder, HolderReason, Obstacle};
pub use order_log::{FollowedEvent, OrderEntry, OrderLog};
pub use query::{
    AttemptsQuery, BudgetSummary, Explanation, HoldsQuery, HostDetails, HostInJob, HostOrigin, HostsQuery, JobCount,
    JobDetails, JobSummary, JobsQuery, LimitUsage, NamespaceSummary, PageLimit, Paged, Query, RetiredJob, SlotWaiter,
    Slots, SlotsQuery, StageSummary, UnreadyJob, View,
};
pub use scheduler::Scheduler;
pub use snapshot::{RestoreError, Snapshot};
pub use verify::Violation;
pub use view::{AttemptResult, AttemptView, BucketView, HostResult, JobView, RetiredJobView, TaskView};
