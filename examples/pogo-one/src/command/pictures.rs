//! Writes pictures to files.

use std::path::Path;

use pogo_picture::Timeline;

use crate::cli::PictureArgs;
use crate::exit::CliError;

/// Draws a timeline in each form that is wanted.
pub(super) fn draw(args: &PictureArgs, timeline: &Timeline) -> Result<(), CliError> {
    if let Some(path) = &args.svg {
        write(path, &timeline.svg())?;
    }
    if let Some(path) = &args.html {
        write(path, &timeline.html())?;
    }
    Ok(())
}

pub(super) fn write(path: &Path, picture: &str) -> Result<(), CliError> {
    std::fs::write(path, picture).map_err(|error| CliError::usage(format!("cannot write {}: {error}", path.display())))
}
