//! How one output differs from another.

use std::time::Duration;

use similar::TextDiff;

/// After this long, a difference is shown that is right, if not the shortest.
const LONGEST: Duration = Duration::from_secs(1);

/// A unified diff of two texts with their names.
pub(crate) fn diff((of, text): (&str, &str), (other_of, other): (&str, &str)) -> String {
    TextDiff::configure()
        .timeout(LONGEST)
        .diff_lines(text, other)
        .unified_diff()
        .header(of, other_of)
        .to_string()
}
