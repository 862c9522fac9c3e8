//! What a job is shown on.

use std::path::Path;

use crate::cli::{LogFormat, Verbosity};
use crate::exit::CliError;
use crate::report::Screen;

/// A screen, with an event log in this file beside it.
pub(super) fn screen(format: LogFormat, events: Option<&Path>) -> Result<Screen, CliError> {
    let named = |error| {
        let file = events.unwrap_or(Path::new("")).display();
        CliError::usage(format!("cannot write the event log {file}: {error}"))
    };
    Screen::new(format)
        .verbosity(Verbosity::chosen())
        .with_log(events)
        .map_err(named)
}
