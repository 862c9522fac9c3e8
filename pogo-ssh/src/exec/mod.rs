//! Running things on a connected host.

mod aside;
mod ended;
mod execution;
mod feed;
mod hooks;
mod kill;
mod mark;
mod parcel;
mod run;
mod script;
mod send;
#[cfg(test)]
mod shells;
mod site;
mod step;
mod stop;
mod way;

pub(crate) use ended::{Ended, StopReason};
pub(crate) use kill::kill_line;
pub(crate) use mark::{Group, Mark, Marks};
pub(crate) use parcel::{Parcel, Parcels};
pub(crate) use run::execute;
#[cfg(feature = "loopback")]
pub(crate) use script::is_command;
pub(crate) use send::{Sent, send_all};
pub(crate) use site::{Passwords, Site};
pub(crate) use step::Step;
pub(crate) use stop::Stop;
