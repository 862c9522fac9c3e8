//! Node lists of genders files.

use super::ranges::{checked, expand};
use super::{NodeNames, NodeSetError};

/// Expands a node list without operators and groups: `web[1-3],db1`.
pub(crate) fn list(text: &str) -> Result<NodeNames, NodeSetError> {
    let mut names = NodeNames::new();
    let (mut start, mut open) = (0, false);
    // A comma behind the end ends the last name as it does the others.
    for (at, character) in text.char_indices().chain([(text.len(), ',')]) {
        open = character == '[' || open && character != ']';
        if character != ',' || open && at < text.len() {
            continue;
        }
        let pattern = text.get(start..at).unwrap_or_default();
        if let Some(second) = pattern.match_indices('[').nth(1) {
            return Err(NodeSetError::new(
                start + second.0,
                "a name has one range; genders knows no more",
            ));
        }
        if !pattern.is_empty() {
            checked(pattern, start)?;
            let bracket = pattern.find('[').unwrap_or(pattern.len());
            let range = pattern.get(bracket..).unwrap_or_default();
            if let Some(step) = range.split(']').next().and_then(|range| range.find('/')) {
                let message = "a range has no step; genders counts one by one";
                return Err(NodeSetError::new(start + bracket + step, message));
            }
            names.extend(expand(pattern, start)?);
        }
        start = at + 1;
    }
    Ok(names)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_have_no_operators() {
        let all = |text: &str| match list(text) {
            Ok(names) => names.into_iter().collect::<Vec<_>>().join(" "),
            Err(error) => format!("{}: {}", error.offset, error.message),
        };
        for (text, expected) in [
            ("a[1-2],b", "a1 a2 b"),
            (",a,,b,", "a b"),
            ("a!b,@c", "a!b @c"),
            ("a[1,3]b", "a1b a3b"),
            ("x,a[1-2]b[3-4]", "9: a name has one range; genders knows no more"),
            ("x,a[1", "3: this bracket is not closed; add a `]`"),
            ("x,a[1-9/2]b", "7: a range has no step; genders counts one by one"),
        ] {
            assert_eq!(all(text), expected, "{text}");
        }
    }
}
