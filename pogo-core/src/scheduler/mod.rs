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

mod admission;
mod agenda;
mod attempt_queue;
mod check;
mod check_fence;
mod check_hold;
mod check_order;
mod check_retired;
mod checked_order;
mod command;
mod content;
mod deadlines;
mod decide;
mod dense_hasher;
mod error;
mod error_code;
mod event;
mod explain;
mod fence;
#[cfg(feature = "testing")]
mod fingerprint;
mod freeze;
mod hold;
mod ids;
mod input;
mod job_end;
mod job_map;
mod job_set;
mod job_update;
mod order_context;
mod order_log;
mod outcome;
mod outlook;
mod output_summary;
#[cfg(feature = "async")]
mod own_event;
mod parse_id;
mod permission;
mod prospects;
mod query;
mod rehearsal;
mod restoration;
mod results;
#[allow(
    clippy::module_inception,
    reason = "the module is named for what it is about, its file for what it holds"
)]
mod scheduler;
mod scheduler_views;
mod snapshot;
mod state;
mod tally;
mod time_limit;
mod verify;
mod verify_retired;
mod view;
mod violation;

pub use command::{Actor, Answer, Command, Order, OrderKind, RequestId, RequestIdError, Steered};
pub use content::{Content, ContentNotLoaded};
pub use error::InputError;
pub use event::{
    CancelReason, DoubtCause, Event, HaltCause, HostEvent, HostEventKind, JobEvent, JobEventKind, NamespaceEvent,
    NamespaceEventKind, Record, TaskEvent, TaskEventKind,
};
pub use explain::{Blocker, Cure, CureOrder, FormatTime, Holder, HolderReason, Obstacle};
pub use fence::{DoubtView, FenceAnswer, FenceState};
pub use freeze::Freeze;
pub use hold::{Hold, HoldMode, HoldView};
pub use ids::{AttemptId, Epoch, Incarnation, JobId, OwnerId};
pub use input::Input;
pub use job_end::JobEnd;
pub use job_update::JobUpdate;
pub use order_log::{FollowedEvent, OrderEntry, OrderLog};
pub use outcome::{Failure, FailureKind, NeverBegan, Outcome, Phase};
pub use output_summary::OutputSummary;
pub use parse_id::ParseIdError;
pub use permission::{BeginRefused, Permission};
pub use query::{
    AttemptsQuery, BudgetSummary, Explanation, HoldsQuery, HostDetails, HostInJob, HostsQuery, JobCount, JobDetails,
    JobSummary, JobsQuery, LimitUsage, NamespaceSummary, PageLimit, Paged, Query, QueryError, RetiredJob, Slots,
    SlotsQuery, StageSummary, View,
};
pub use restoration::{Restoration, RestoreCause};
pub use results::{AttemptResult, HostResult};
pub use scheduler::Scheduler;
pub use snapshot::{RestoreError, Snapshot};
pub use state::{ApplyError, ConfigureError, JobStatus, TaskState};
pub use tally::Tally;
pub use view::{AttemptView, BucketView, JobView, RetiredJobView, TaskView};
pub use violation::Violation;
