//! OBSERVE: what a dispatcher does, as spans of `tracing` and as metrics.
//!
//! The embedding program adds both, like middleware of `tower` and layers of `opendal`; nothing is installed,
//! and without a subscriber or a recorder nothing is recorded.

#[cfg(feature = "metrics")]
mod gauges;
#[cfg(feature = "metrics")]
mod metrics;
#[cfg(feature = "tracing")]
mod spans;
#[cfg(feature = "tracing")]
mod trace;

#[cfg(feature = "metrics")]
pub use self::metrics::Metrics;
#[cfg(feature = "tracing")]
pub use trace::Trace;
