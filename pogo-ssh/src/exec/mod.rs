//! Running things on a connected host.

mod ended;
mod hooks;
mod kill;
mod mark;
mod run;
mod script;
#[cfg(test)]
mod shells;
mod step;
mod stop;

pub(crate) use ended::{Ended, StopReason};
pub(crate) use run::execute;
#[cfg(feature = "loopback")]
pub(crate) use script::is_command;
pub(crate) use step::Step;
pub(crate) use stop::Stop;
