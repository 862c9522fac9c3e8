//! Output for the user: the screen, the event log, summaries and messages.

mod busy;
#[cfg(feature = "store")]
mod cells;
mod destination;
mod first_contacts;
mod folding;
mod forecast;
mod frames;
mod group;
mod host_state;
mod limits;
mod lines;
mod moment;
mod names;
mod other_orders;
#[cfg(feature = "store")]
mod output_printer;
mod pane;
mod print_as;
mod progress;
mod prompt;
mod reasons;
mod records;
mod region;
mod screen;
mod span;
mod status;
mod summary;
mod tails;
mod terminal;
mod visible;
mod warnings;
mod width;

#[cfg(feature = "store")]
pub(crate) use cells::Table;
pub(crate) use folding::FoldStyle;
#[cfg(feature = "store")]
pub(crate) use folding::diff as text_diff;
pub(crate) use group::{is_guard, label};
pub(crate) use limits::limits_of;
#[cfg(feature = "store")]
pub(crate) use moment::{moment, second};
#[cfg(feature = "store")]
pub(crate) use output_printer::OutputPrinter;
pub(crate) use print_as::print_as;
pub(crate) use progress::JobProgress;
#[cfg(feature = "store")]
pub(crate) use progress::Steering;
pub(crate) use prompt::OpenPrompt;
#[cfg(feature = "store")]
pub(crate) use reasons::{BadHost, Reasons};
pub(crate) use records::{LoggedOutput, is_output};
#[cfg(feature = "store")]
pub(crate) use screen::OutputAt;
pub(crate) use screen::Screen;
#[cfg(feature = "store")]
pub(crate) use span::span;
pub(crate) use summary::{Summary, blockers};
pub(crate) use tails::OutputTails;
#[cfg(feature = "store")]
pub(crate) use tails::lines as last_lines;
pub(crate) use terminal::{complain, json_line, print, print_json, print_styled, prompt, remark};
#[cfg(feature = "store")]
pub(crate) use visible::visible;
pub(crate) use visible::visible_lines;
pub(crate) use warnings::{SeenWarnings, WarningRecord, WithWarnings, warn, warning_lines};
pub(crate) use width::columns;
