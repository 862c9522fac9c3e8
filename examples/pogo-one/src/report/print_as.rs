//! One answer, as text or as JSON.

use serde::Serialize;

use crate::cli::PlanFormat;
use crate::exit::CliError;

/// Prints something as text or as JSON.
pub(crate) fn print_as(format: PlanFormat, value: &impl Serialize, text: &str) -> Result<(), CliError> {
    match format {
        PlanFormat::Text => super::print(text)?,
        PlanFormat::Json => super::print_json(value)?,
    }
    Ok(())
}
