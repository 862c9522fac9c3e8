//! What is said of an order that was carried out.

use pogo_core::scheduler::Answer;
use serde::Serialize;

use crate::cli::{PlanFormat, Verbosity};
use crate::exit::{CliError, Exit};
use crate::report;

/// What came of an order.
#[derive(Serialize)]
struct Answered {
    answer: Answer,
    /// In words.
    said: String,
}

/// Prints the sentence about an order, or the answer for a program.
pub(super) fn say(format: PlanFormat, answer: Answer, said: impl Into<String>) -> Result<Exit, CliError> {
    let said = said.into();
    match format {
        PlanFormat::Text if Verbosity::chosen().quiet => {}
        PlanFormat::Text => report::print(&format!("{said}\n"))?,
        PlanFormat::Json => report::print(&report::json_line(&Answered { answer, said })?)?,
    }
    Ok(Exit::Succeeded)
}
