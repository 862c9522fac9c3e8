//! What the user sees.

mod bars;
mod destination;
mod lines;
mod moment;
mod records;
mod screen;
mod span;
mod summary;
mod terminal;
mod visible;
mod warnings;
mod watch;

pub(crate) use records::is_output;
pub(crate) use screen::Screen;
pub(crate) use summary::Summary;
pub(crate) use terminal::{complain, json_line, print, print_json, print_styled, remark};
pub(crate) use visible::visible_lines;
pub(crate) use warnings::{Already, Warned, WithWarnings, told, warn};
pub(crate) use watch::Watch;
