//! Connection settings of hosts, and conflicts between lines that set them.

use pogo_core::fleet::Connection;
use pogo_core::policy::Origin;

use crate::source::{Problems, Span};

/// Whether it adds a setting without a conflict; reports two values for the same setting.
pub(super) fn adds(
    problems: &mut Problems<'_>,
    (span, name): (Span, &str),
    known: &Connection,
    connection: &Connection,
    first_origin: impl Fn(&str) -> Option<Origin>,
) -> bool {
    let (mut is_new, mut agrees) = (false, true);
    for (setting, value) in connection.settings() {
        match known.settings().find(|(known, _)| *known == setting) {
            Some((_, first)) if first == value => {}
            Some((_, first)) => {
                agrees = false;
                // Where the first value stands is searched for, which for many thousand conflicts
                // nobody would read.
                if problems.is_full() {
                    continue;
                }
                let message = format!("`{name}` has two values for {setting}: `{first}` and `{value}`");
                match first_origin(setting) {
                    Some(origin) => {
                        problems.report_with(span, message, format!("the first is in {origin}; take one out"))
                    }
                    None => problems.report(span, message),
                }
            }
            None => is_new = true,
        }
    }
    is_new && agrees
}
