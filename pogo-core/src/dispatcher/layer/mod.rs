//! Layers: wrappers for any transport.
//!
//! A [`Layer`] changes how attempts run through another transport: later, repeatedly, recorded, not at all.
//! [`TransportExt::layer`] adds one to a transport; the last one added is the outermost. The transport's
//! capabilities, and which attempts it resumes, stay the same.
//!
//! ```
//! use std::num::NonZeroUsize;
//! use std::sync::Arc;
//! use pogo_core::dispatcher::layer::{ConcurrencyLimit, RateLimit, RetryConnect, TransportExt};
//! use pogo_core::dispatcher::{Dispatcher, Transport};
//!
//! # async fn example(transport: impl Transport + 'static) -> Result<(), Box<dyn std::error::Error>> {
//! let transport = transport
//!     // Tries again to reach a host that is unreachable, twice.
//!     .layer(RetryConnect::new(2))
//!     // At most 50 attempts begin in a second, and 500 run at once.
//!     .layer(RateLimit::per_second(50.try_into()?))
//!     .layer(ConcurrencyLimit::new(NonZeroUsize::MIN.saturating_add(499)));
//! let (dispatcher, handle) = Dispatcher::builder(Arc::new(transport)).build().await?;
//! # drop((dispatcher, handle)); Ok(())
//! # }
//! ```
//!
//! A layer that makes an attempt wait takes the wait from its time limit, and ends it as any transport would when it is
//! cancelled meanwhile: nothing has run. Rules about which hosts may run together belong into the policy; these limits
//! are for the machine that this runs on.

mod backoff;
mod concurrency_limit;
mod inject_faults;
mod layered;
mod pacer;
mod rate_limit;
mod record_attempts;
mod recording;
mod replay;
mod retry_connect;
mod slots;
mod wait;

pub use backoff::Backoff;
pub use concurrency_limit::ConcurrencyLimit;
pub use inject_faults::{InjectFaults, InjectedFault};
pub use layered::{Layer, Layered, TransportExt};
pub use pacer::Pacer;
pub use rate_limit::RateLimit;
pub use record_attempts::RecordAttempts;
pub use recording::{RecordedAttempt, RecordedReport, ReportKind};
pub use replay::Replay;
pub use retry_connect::RetryConnect;
pub(super) use wait::before_attempt;
