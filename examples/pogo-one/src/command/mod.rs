//! One file for each subcommand.

mod connect;
mod demo;
mod dispatch;
mod plan;
mod run;
mod simulate;

pub(crate) use demo::demo;
pub(crate) use plan::plan;
pub(crate) use run::run;
pub(crate) use simulate::simulate;
