//! One file for each subcommand.

mod assumed_down;
#[cfg(feature = "store")]
mod attach;
mod audit;
mod completion;
mod connect;
mod demo;
mod dispatch;
mod follow;
mod job_args;
#[cfg(feature = "store")]
mod kept_inputs;
mod pictures;
mod plan;
mod replay;
mod run;
#[cfg(feature = "store")]
mod run_kept;
#[cfg(feature = "store")]
mod run_on_server;
mod screen;
mod simulate;
mod stop;
mod timeline;
mod trials;
#[cfg(feature = "store")]
mod wait;
#[cfg(feature = "store")]
mod watched;
mod workers;

#[cfg(feature = "store")]
pub(crate) use attach::{attach, named};
pub(crate) use audit::audit;
pub(crate) use completion::{completion, man};
pub(crate) use demo::demo;
#[cfg(feature = "store")]
pub(crate) use job_args::folding;
pub(crate) use plan::plan;
pub(crate) use replay::replay;
pub(crate) use run::run;
pub(crate) use simulate::simulate;
#[cfg(feature = "store")]
pub(crate) use stop::{StopCause, StopSignals};
pub(crate) use timeline::timeline;
#[cfg(feature = "store")]
pub(crate) use wait::wait;
