//! DO: the async event loop, and the traits that connect it to transports, clocks and observers.
//!
//! [`Dispatcher`] carries events from the [`Scheduler`](crate::scheduler::Scheduler) to the journal, then to the
//! [`Transport`] and the [`Observer`], and carries reports and orders back. It decides nothing. Any executor can run
//! it. [`layer`] has wrappers for any transport.

mod accept_restore;
mod acting;
mod alarm;
mod asking_hosts;
mod attempt_end;
mod attempt_pace;
mod attempts;
mod availability;
mod awaited_journal;
mod away;
mod batch;
mod builder;
mod clock;
mod commit;
mod commit_delay;
mod draining;
mod error;
mod event_loop;
mod fence_question;
mod fencing;
mod follow;
mod growth;
mod guarded;
mod handle;
mod holds;
mod job_command;
mod journal_follower;
mod journal_retry;
mod later_clock;
mod later_questions;
pub mod layer;
mod loop_state;
mod message;
mod messages;
mod namespace_diff;
mod notice;
mod observer;
mod output;
mod pending;
mod queries;
mod recent_records;
mod records;
mod reporter;
mod resolution;
mod resolver;
mod running;
mod shared_subscription;
mod shutdown;
mod start_request;
mod store_clock;
mod stream_start;
mod subscription;
mod subscription_options;
mod system_clock;
mod system_nonce;
mod take_over;
#[cfg(any(feature = "metrics", feature = "tracing"))]
pub mod telemetry;
mod transport;
mod transport_pool;
mod update_cache;
mod waiters;
mod wakeup;

pub use accept_restore::AcceptRestore;
pub use builder::DispatcherBuilder;
pub use clock::Clock;
pub use error::{DispatchError, OrderError};
pub use handle::Handle;
pub use journal_follower::JournalFollower;
pub use journal_retry::JournalRetry;
pub use loop_state::Dispatcher;
pub use namespace_diff::NamespaceDiff;
pub use notice::Notice;
pub use observer::{Observer, OutputChunk};
pub use records::Records;
pub use reporter::{BeginRequest, Report, ReportHook, ReportSink, Reporter, ReporterSide};
pub use resolver::{
    ResolverError, ResolverFailure, ResolverFailureReason, ResolverQueries, ResolverQuery, Resolvers, ResolversError,
    TagResolver,
};
pub use shared_subscription::{SharedSubscription, SharedUpdate};
pub use subscription::{Subscription, SubscriptionError};
pub use subscription_options::SubscriptionOptions;
pub use system_clock::SystemClock;
pub use transport::{Attempt, Capabilities, Fence, Transport};
pub use transport_pool::{TransportError, TransportFactory, TransportPool};
pub use update_cache::UpdateCache;

pub use crate::output::Stream;
pub use crate::scheduler::JobEnd;
pub use crate::stream::{DispatcherStatus, JournalStatus};
