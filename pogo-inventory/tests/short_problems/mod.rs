//! Problems in short, for comparison.

use pogo_inventory::InventoryError;

/// `LINE:COLUMN message (hint)` of each problem.
pub(crate) fn short_problems(error: &InventoryError) -> Vec<String> {
    let short = |problem: &pogo_inventory::Diagnostic| {
        let position = problem.position.unwrap();
        let hint = problem.hint.as_ref().map(|hint| format!(" ({hint})"));
        let hint = hint.unwrap_or_default();
        format!("{}:{} {}{hint}", position.line, position.column, problem.message)
    };
    error.diagnostics().iter().map(short).collect()
}
