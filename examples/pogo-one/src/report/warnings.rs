//! Warnings of sources, as text and as JSON.

use std::collections::BTreeSet;
use std::io;

use pogo_inventory::Diagnostic;
use pogo_inventory::diagnostic::Alike;
use pogo_inventory::merge::Gathered;
use serde::{Deserialize, Serialize};

use super::{json_line, remark};

/// Kinds of warnings that are shown; further ones are counted.
const SHOWN: usize = 20;

/// Prints the warnings on standard error, similar ones as one.
pub(crate) fn warn<'d>(warnings: impl IntoIterator<Item = &'d Diagnostic>) {
    warning_lines(warnings, false).iter().for_each(|text| remark(text));
}

/// Warnings as lines of text.
pub(crate) fn warning_lines<'d>(warnings: impl IntoIterator<Item = &'d Diagnostic>, colour: bool) -> Vec<String> {
    let alike = Alike::of(warnings);
    let mut lines: Vec<String> = alike
        .iter()
        .take(SHOWN)
        .map(|alike| format!("warning: {}", alike.render(colour)))
        .collect();
    let left: usize = alike.iter().skip(SHOWN).map(|alike| alike.more + 1).sum();
    if left > 0 {
        lines.push(format!(
            "and {left} more warnings; `pogo inventory check --format json` lists all"
        ));
    }
    lines
}

/// A value for a program, and what the sources behind it warn of.
#[derive(Serialize)]
pub(crate) struct WithWarnings<'w, T> {
    #[serde(flatten)]
    pub(crate) value: &'w T,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) source_warnings: Vec<&'w Diagnostic>,
}

impl<'w, T> WithWarnings<'w, T> {
    pub(crate) fn of(value: &'w T, gathered: &'w Gathered) -> Self {
        let source_warnings = gathered.warnings().collect();
        Self { value, source_warnings }
    }
}

/// A line of the event log that holds a warning of a source instead of an event.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct WarningRecord<D> {
    source_warning: D,
}

impl<'w> WarningRecord<&'w Diagnostic> {
    /// A line for each warning.
    pub(crate) fn lines(gathered: &'w Gathered) -> io::Result<String> {
        gathered
            .warnings()
            .map(|source_warning| json_line(&Self { source_warning }))
            .collect()
    }
}

/// Warnings that were printed already, while sources are polled.
#[derive(Default)]
pub(crate) struct SeenWarnings(BTreeSet<(String, String)>);

impl SeenWarnings {
    /// Takes note of these, and says what is new.
    pub(crate) fn new_of(&mut self, gathered: &Gathered) -> Vec<String> {
        let new = gathered.warnings().filter(|warning| {
            // Ages and counts change from one reading to the next.
            self.0.insert((warning.source.to_string(), warning.kind()))
        });
        warning_lines(new, false)
    }
}
