//! What the user sees.

mod destination;
mod first_contacts;
mod folding;
mod forecast;
mod frames;
mod group;
mod limits;
mod lines;
mod moment;
mod names;
mod pane;
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
mod watch;
mod width;

pub(crate) use folding::Form;
pub(crate) use group::{is_guard, label};
pub(crate) use limits::limits_of;
pub(crate) use records::{LoggedOutput, is_output};
pub(crate) use screen::Screen;
pub(crate) use summary::{Summary, blockers};
pub(crate) use tails::Tails;
pub(crate) use terminal::{complain, json_line, print, print_json, print_styled, prompt, remark};
pub(crate) use visible::visible_lines;
pub(crate) use warnings::{Already, Warned, WithWarnings, told, warn};
pub(crate) use watch::Watch;
