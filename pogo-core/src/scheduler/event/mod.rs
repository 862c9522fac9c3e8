//! Events: what happened, in the past tense, as plain data, in two levels: the subject, and what happened to it.

mod cause;
#[allow(
    clippy::module_inception,
    reason = "the module is named for what it is about, its file for what it holds"
)]
mod event;
mod former;
mod host;
mod job;
mod namespace;
mod record;
mod sentence;
mod stored;
mod task;

pub use cause::{CancelReason, DoubtCause, HaltCause};
pub use event::Event;
pub use host::{HostEvent, HostEventKind};
pub use job::{JobEvent, JobEventKind};
pub use namespace::{NamespaceEvent, NamespaceEventKind};
pub use record::Record;
pub use task::{TaskEvent, TaskEventKind};
