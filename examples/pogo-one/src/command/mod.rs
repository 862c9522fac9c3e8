//! One file for each subcommand.

mod audit;
mod connect;
mod demo;
mod dispatch;
mod follow;
mod pictures;
mod plan;
mod replay;
mod run;
mod simulate;
mod timeline;
mod trials;

pub(crate) use audit::audit;
pub(crate) use demo::demo;
pub(crate) use plan::plan;
pub(crate) use replay::replay;
pub(crate) use run::run;
pub(crate) use simulate::simulate;
pub(crate) use timeline::timeline;
