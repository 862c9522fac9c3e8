//! Known keys of a file, and suggestions for unknown ones.

use super::Key;
use crate::source::Problems;

/// Reports a key that is not among `known`, with the most similar one as a hint.
pub(crate) fn unknown(problems: &mut Problems<'_>, key: &Key<'_>, within: &str, known: &[&str]) {
    let message = format!("unknown key `{}` in {within}", key.text.escape_debug());
    let hint = match nearest(&key.text, known) {
        Some(meant) => format!("did you mean `{meant}`?"),
        None => format!("known here: {}", known.join(", ")),
    };
    problems.report_with(key.span, message, hint);
}

/// The known word most similar to `text`, if any is similar.
pub(crate) fn nearest<'k>(text: &str, known: &[&'k str]) -> Option<&'k str> {
    // Words of options and of other tools: `max-parallel` is meant as `max_parallel`.
    let text = text.to_ascii_lowercase().replace('-', "_");
    // The distance takes the product of both lengths, and nobody misspells a word of four letters
    // into a page.
    if text.len() > 64 {
        return None;
    }
    let near = |word: &&str| strsim::damerau_levenshtein(&text, word);
    let (word, distance) = known
        .iter()
        .map(|word| (*word, near(word)))
        .min_by_key(|(_, distance)| *distance)?;
    (distance <= 2.max(word.len() / 3)).then_some(word)
}

#[cfg(test)]
mod tests {
    use super::nearest;

    #[test]
    fn a_slip_finds_the_word_and_nonsense_finds_none() {
        let known = ["tag", "sequence", "constraint", "defaults"];
        assert_eq!(nearest("constrant", &known), Some("constraint"));
        assert_eq!(nearest("Sequences", &known), Some("sequence"));
        assert_eq!(nearest("tags", &known), Some("tag"));
        assert_eq!(nearest("hosts", &known), None);
        assert_eq!(nearest("max-parallel", &["max_parallel"]), Some("max_parallel"));
        assert_eq!(nearest(&"x".repeat(1_000_000), &known), None);
    }
}
