//! Expressions of ClusterShell: operators, groups and wildcards.

use pogo_core::fleet::matches_char_pattern;

use super::ranges::{checked, expand};
use super::{MAX_NODES, NodeNames, NodeSetError};

/// Resolves the groups and wildcards of an expression.
pub(crate) trait Lookup {
    /// The members of `@group`, given without the `@`.
    fn group(&mut self, reference: &str) -> Result<NodeNames, String>;

    /// All nodes, for names with `*` or `?`.
    fn all(&mut self) -> Result<NodeNames, String>;
}

/// Evaluates from left to right: `,` and white space unite, `!` subtracts, `&` intersects, `^` is the symmetric
/// difference. `@group` and `@source:group` are looked up, and names with wildcards match all nodes.
pub(crate) fn evaluate(text: &str, lookup: &mut impl Lookup) -> Result<NodeNames, NodeSetError> {
    let mut result = NodeNames::new();
    for (operator, offset, pattern) in operands(text)? {
        let fail = |message| NodeSetError::new(offset, message);
        let mut operand = NodeNames::new();
        match pattern.strip_prefix('@') {
            Some(reference) => {
                for name in expand(reference, offset + 1)? {
                    operand.extend(lookup.group(&name).map_err(fail)?);
                }
            }
            None if pattern.contains(['*', '?']) => {
                let masks = expand(pattern, offset)?;
                let all = lookup.all().map_err(fail)?;
                operand.extend(
                    all.into_iter()
                        .filter(|name| masks.iter().any(|mask| matches_char_pattern(mask, name))),
                );
            }
            None => operand.extend(expand(pattern, offset)?),
        }
        match operator {
            '!' => result.retain(|name| !operand.contains(name)),
            '&' => result.retain(|name| operand.contains(name)),
            '^' => {
                // Taken before both are joined, when nobody could tell any more what was in both.
                let common: NodeNames = result.intersection(&operand).cloned().collect();
                result.extend(operand);
                result.retain(|name| !common.contains(name));
            }
            _ => result.extend(operand),
        }
        // After each operator, so that no more than one operand goes beyond it.
        if result.len() > MAX_NODES {
            return Err(fail(format!("more than {MAX_NODES} nodes are named up to here")));
        }
    }
    Ok(result)
}

/// Splits operands, each with the operator before it and its offset. White space counts as one `,`, as in
/// ClusterShell's groups; surrounding white space is ignored.
fn operands(text: &str) -> Result<Vec<(char, usize, &str)>, NodeSetError> {
    let mut operands = Vec::new();
    let end = text.trim_end().len();
    let mut start = text.len() - text.trim_start().len();
    // The operator before the operand.
    let (mut operator, mut depth, mut in_space) = (',', 0_usize, false);
    for (at, character) in text.char_indices().filter(|(at, _)| *at < end).chain([(end, ',')]) {
        let (was_in_space, space) = (in_space, character.is_whitespace());
        in_space = space;
        if at < start || space && was_in_space {
            start = start.max(at + character.len_utf8());
            continue;
        }
        match character {
            '[' => depth += 1,
            ']' => depth = depth.saturating_sub(1),
            _ => {}
        }
        // Commas within brackets separate numbers.
        if at < end && (!is_between(character) || depth > 0) {
            continue;
        }
        let pattern = text.get(start..at).unwrap_or_default();
        if !pattern.is_empty() {
            checked(pattern, start)?;
            operands.push((operator, start, pattern));
        } else if start < end || !operands.is_empty() {
            let position = match operands.last() {
                Some(_) => format!("after `{operator}`; white space separates nodes too"),
                None => format!("before `{character}`"),
            };
            return Err(NodeSetError::new(at, format!("a node is missing {position}")));
        }
        operator = if space { ',' } else { character };
        start = at + character.len_utf8();
    }
    Ok(operands)
}

fn is_between(character: char) -> bool {
    matches!(character, ',' | '!' | '&' | '^') || character.is_whitespace()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    struct Web;

    impl Lookup for Web {
        fn group(&mut self, name: &str) -> Result<NodeNames, String> {
            match name {
                "web" => Ok(["w1", "w2"].map(str::to_owned).into()),
                other => Err(format!("no {other}")),
            }
        }

        fn all(&mut self) -> Result<NodeNames, String> {
            Ok(["w1", "w2", "w10", "db1"].map(str::to_owned).into())
        }
    }

    fn nodes(text: &str) -> String {
        match evaluate(text, &mut Web) {
            Ok(names) => names.into_iter().collect::<Vec<_>>().join(" "),
            Err(error) => format!("{}: {}", error.offset, error.message),
        }
    }

    #[test]
    fn expressions_are_evaluated_from_left_to_right() {
        for (text, expected) in [
            ("a1", "a1"),
            ("a[1-3],b", "a1 a2 a3 b"),
            ("a[1-5]!a2&a[2-9]", "a3 a4 a5"),
            ("a[1-3]^a[3-4]", "a1 a2 a4"),
            ("a1 b1\tc1", "a1 b1 c1"),
            ("a[08-10/2].x", "a08.x a10.x"),
            ("r[1-2]n[1-2]", "r1n1 r1n2 r2n1 r2n2"),
            ("@web,w3!w1", "w2 w3"),
            ("w*", "w1 w2 w10"),
            ("w?!w[1-1]", "w2"),
            ("*1", "w1 db1"),
            ("*1*0", "w10"),
            (" a b\t c&c ", "c"),
            ("", ""),
        ] {
            assert_eq!(nodes(text), expected, "{text}");
        }
    }

    #[test]
    fn mistakes_are_shown_where_they_are() {
        for (text, expected) in [
            ("a,b[1", "3: this bracket is not closed; add a `]`"),
            ("a]", "1: this `]` closes nothing"),
            ("a[[1]]", "2: brackets cannot stand in brackets"),
            ("a[1-3,9-7]", "6: `9-7` runs backwards; the smaller number comes first"),
            ("a[01-100]", "2: `01-100` mixes paddings; both ends need as many digits"),
            (
                "a[1-x]",
                "2: `1-x` is not a range of numbers; write [1-10], [01-10] or [1-10/2]",
            ),
            (
                "a[1-3/0]",
                "2: `1-3/0` is not a range of numbers; write [1-10], [01-10] or [1-10/2]",
            ),
            ("a[1-9999999]", "2: `1-9999999` names more than 1000000 nodes"),
            ("a,@db", "2: no db"),
            ("a!", "2: a node is missing after `!`; white space separates nodes too"),
            (
                "a!,b",
                "2: a node is missing after `!`; white space separates nodes too",
            ),
            (
                "a, b",
                "2: a node is missing after `,`; white space separates nodes too",
            ),
            ("a,", "2: a node is missing after `,`; white space separates nodes too"),
            (",a", "0: a node is missing before `,`"),
            ("!a", "0: a node is missing before `!`"),
            (
                "a[1-2][3-4]",
                "6: two ranges cannot stand side by side; write what is between them",
            ),
        ] {
            assert_eq!(nodes(text), expected, "{text}");
        }
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic(text in "[a1@,!&^ \\[\\]/0-]{0,24}") {
            let _ = nodes(&text);
        }
    }
}
