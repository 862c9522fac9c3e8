//! Running things on a connected host.

mod aside;
mod ended;
mod execution;
mod feed;
mod hooks;
mod kill;
mod mark;
mod run;
mod script;
#[cfg(test)]
mod shells;
mod site;
mod step;
mod stop;
mod way;

pub(crate) use ended::{Ended, StopReason};
pub(crate) use run::execute;
#[cfg(feature = "loopback")]
pub(crate) use script::is_command;
pub(crate) use site::{Passwords, Site};
pub(crate) use step::Step;
pub(crate) use stop::Stop;
