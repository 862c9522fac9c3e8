//! Runs the steps of an attempt on a connected host.

mod context;
mod execution;
mod exit_report;
mod feed;
mod forced_command;
mod gate;
mod hooks;
#[cfg(feature = "loopback")]
mod imitation;
mod kill;
mod last_line;
mod line;
mod linger;
mod mark;
mod marker;
mod permission;
mod privilege;
mod progress;
mod run;
mod script;
mod session;
mod session_script;
#[cfg(test)]
mod shell_tests;
mod side_command;
mod signal;
mod stop;
mod upload;
mod words;

pub(crate) use context::{ExecContext, Passwords, SideContext};
pub(crate) use exit_report::{ExitReport, ExitStatus, NotStarted, StopReason};
pub(crate) use feed::{GO, InputFeed};
pub(crate) use forced_command::is_forced;
#[cfg(feature = "loopback")]
pub(crate) use gate::GATE;
#[cfg(feature = "loopback")]
pub(crate) use imitation::{instead_of_command, marks_of_beginning};
pub(crate) use kill::{END_GROUP, KillOutcome, ask_to_end, kill_line};
pub(crate) use last_line::LastLine;
#[cfg(feature = "loopback")]
pub(crate) use line::is_command;
pub(crate) use line::{CommandLine, Script};
pub(crate) use linger::{LINGER, LINGERS, until};
pub(crate) use mark::{Mark, MarkParser, ProcessGroup, Ready};
pub(crate) use marker::Marker;
pub(crate) use permission::{PermissionRequest, ask_first};
pub(crate) use privilege::Privilege;
pub(crate) use progress::{SessionProgress, ran_something_else};
pub(crate) use run::{execute, open};
pub(crate) use script::{Scripts, phase_name};
pub(crate) use session::{InvalidAttempt, Session, check_attempt};
pub(crate) use side_command::{SideCommandError, SideCommandOutput, run_side_command};
pub(crate) use signal::signal_of;
pub(crate) use stop::StopSignal;
pub(crate) use upload::{UploadedFiles, upload_all};
pub(crate) use words::ConstantText;
