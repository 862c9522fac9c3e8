//! Host names as a text that fits into a line.

use crate::fleet::fold;

/// As many of the hosts as fit into a line, as ranges, and how many are left over.
pub(super) fn brief<N: AsRef<str>>(names: &[N]) -> (String, usize) {
    const LONGEST: usize = 120;
    let mut shown = names.len();
    loop {
        let text = fold(names.get(..shown).unwrap_or_default()).to_string();
        if text.len() <= LONGEST || shown <= 1 {
            return (text, names.len() - shown);
        }
        // The length of a range does not follow from how many hosts it names, so it is tried.
        shown = shown.min(64) / 2;
    }
}
