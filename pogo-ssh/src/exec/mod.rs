//! Running things on a connected host.

mod aside;
mod context;
mod execution;
mod exit_report;
mod feed;
mod forced;
mod hooks;
#[cfg(feature = "loopback")]
mod imitation;
mod kill;
mod line;
mod mark;
mod marker;
mod run;
mod script;
#[cfg(test)]
mod secret_shells;
mod seen;
mod send;
mod session;
#[cfg(test)]
mod shells;
mod signal;
mod stop;
mod way;

pub(crate) use aside::{Told as Aside, Unasked, aside};
pub(crate) use context::{ExecContext, Passwords};
pub(crate) use exit_report::{ExitReport, ExitStatus, NotStarted, StopReason};
#[cfg(feature = "loopback")]
pub(crate) use imitation::{instead_of_command, marks_of_beginning};
pub(crate) use kill::{END_GROUP, Kill, ask_to_end, kill_line};
pub(crate) use line::Line;
#[cfg(feature = "loopback")]
pub(crate) use line::is_command;
#[cfg(test)]
pub(crate) use mark::Group;
pub(crate) use mark::{Mark, Marks};
pub(crate) use marker::Marker;
pub(crate) use run::{execute, open};
pub(crate) use script::{Scripts, phase_name};
pub(crate) use seen::{LastLine, Seen, in_place_of_the_command};
pub(crate) use send::{Sent, send_all};
pub(crate) use session::{Session, Unsuitable, check};
pub(crate) use signal::signal_of;
pub(crate) use stop::Stop;
pub(crate) use way::Way;
