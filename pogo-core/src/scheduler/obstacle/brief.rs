//! Host names as a text that fits into a line.

use crate::fleet::fold;

/// As many of the hosts as fit into a line, as ranges, and how many are left over.
pub(in crate::scheduler) fn brief<N: AsRef<str>>(names: &[N]) -> (String, usize) {
    within(names, 120)
}

/// As many of the hosts as take no more than so many bytes as ranges, and how many are left over.
pub(in crate::scheduler) fn within<N: AsRef<str>>(names: &[N], longest: usize) -> (String, usize) {
    let mut shown = names.len();
    loop {
        let text = fold(names.get(..shown).unwrap_or_default()).to_string();
        if text.len() <= longest || shown <= 1 {
            return (text, names.len() - shown);
        }
        // The length of a range does not follow from how many hosts it names, so it is tried.
        // Halved, and at once to what could fit at best: folding ten thousand names a dozen times
        // would take longer than the answer.
        shown = shown.min(longest.max(128) / 2) / 2;
    }
}
