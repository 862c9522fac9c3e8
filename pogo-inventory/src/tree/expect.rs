//! Checks the kinds of values.

use pogo_core::policy::Limit;

use super::Node;
use crate::source::Problems;

/// Reports a value of the wrong kind.
pub(crate) fn expected(problems: &mut Problems<'_>, node: &Node<'_>, what: &str, example: &str) {
    let message = format!("expected {what}, found {}", node.kind());
    problems.report_with(node.span, message, format!("for example `{example}`"));
}

pub(crate) fn limit(problems: &mut Problems<'_>, node: &Node<'_>, key: &str) -> Option<Limit> {
    let Some(text) = node.scalar() else {
        expected(
            problems,
            node,
            "a number of hosts or a percentage",
            &format!("{key}: 25%"),
        );
        return None;
    };
    match text.parse() {
        Ok(limit) => Some(limit),
        Err(error) => {
            problems.report(node.span, error.to_string());
            None
        }
    }
}
