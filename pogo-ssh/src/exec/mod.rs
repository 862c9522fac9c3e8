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
mod send;
#[cfg(test)]
mod shells;
mod signal;
mod site;
mod step;
mod stop;
mod way;

pub(crate) use ended::{Ended, StopReason};
pub(crate) use execution::last_words;
pub(crate) use kill::{END_GROUP, Kill, ask_to_end, kill_line};
pub(crate) use mark::{Group, Mark, Marks};
pub(crate) use run::{execute, open};
#[cfg(feature = "loopback")]
pub(crate) use script::is_command;
pub(crate) use script::{mark_of, phase_name};
pub(crate) use send::{Sent, send_all};
pub(crate) use signal::signal_of;
pub(crate) use site::{Passwords, Site};
pub(crate) use step::{EmptyCommand, Step};
pub(crate) use stop::Stop;
pub(crate) use way::Way;
