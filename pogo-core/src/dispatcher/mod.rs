//! DO: the async loop, and the traits of the outside world.
//!
//! [`Dispatcher`] carries events from the [`Scheduler`](crate::scheduler::Scheduler) to the journal, then to the
//! [`Transport`] and the [`Observer`], and carries reports and orders back. It decides nothing. Any executor can run it.
//! [`layer`] has what can be put around any transport.

mod builder;
mod clock;
mod commit;
mod error;
mod guarded;
mod handle;
pub mod layer;
mod observer;
mod reporter;
mod resolver;
mod running;
mod system_clock;
mod transport;
mod work;

pub use builder::DispatcherBuilder;
pub use clock::Clock;
pub use error::{DispatchError, OrderError};
pub use handle::Handle;
pub use observer::{Observer, OutputChunk, Stream};
pub use reporter::{ReportHook, Reporter, ReporterSide};
pub use resolver::{AskError, Question, Questions, ResolverError, Resolvers, TagResolver, Unanswered, Why};
pub use system_clock::SystemClock;
pub use transport::{Attempt, Capabilities, Transport};
pub use work::Dispatcher;
