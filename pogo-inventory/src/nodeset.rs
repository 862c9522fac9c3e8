//! Node sets: `web[01-10/2],db1!web05&@rack:r1`.

use indexmap::IndexSet;

/// Names in the order in which they were first mentioned.
pub(crate) type Names = IndexSet<String>;

/// Nodes that one expression may name.
const MAX_NODES: usize = 1_000_000;

/// What is wrong with an expression, and where, in bytes.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct NodeSetError {
    pub(crate) offset: usize,
    pub(crate) message: String,
}

impl NodeSetError {
    pub(crate) fn new(offset: usize, message: impl Into<String>) -> Self {
        Self {
            offset,
            message: message.into(),
        }
    }
}

/// Evaluates from left to right: `,` and white space unite, `!` takes away, `&` intersects, `^` keeps what is in one
/// only. `@group` and `@source:group` are looked up.
pub(crate) fn evaluate(
    text: &str,
    mut group: impl FnMut(&str) -> Result<Names, String>,
) -> Result<Names, NodeSetError> {
    let mut result = Names::new();
    for (operator, offset, pattern) in operands(text)? {
        let mut operand = Names::new();
        match pattern.strip_prefix('@') {
            Some(reference) => {
                for name in expand(reference, offset + 1)? {
                    operand.extend(group(&name).map_err(|message| NodeSetError::new(offset, message))?);
                }
            }
            None => operand.extend(expand(pattern, offset)?),
        }
        match operator {
            '!' => result.retain(|name| !operand.contains(name)),
            '&' => result.retain(|name| operand.contains(name)),
            '^' => {
                let common: Names = result.intersection(&operand).cloned().collect();
                result.extend(operand);
                result.retain(|name| !common.contains(name));
            }
            _ => result.extend(operand),
        }
        if result.len() > MAX_NODES {
            return Err(NodeSetError::new(
                offset,
                format!("more than {MAX_NODES} nodes are named up to here"),
            ));
        }
    }
    Ok(result)
}

/// Each operand with the operator before it and its offset.
fn operands(text: &str) -> Result<Vec<(char, usize, &str)>, NodeSetError> {
    let mut operands = Vec::new();
    let (mut operator, mut start, mut open) = (',', 0, None);
    let ends = text.char_indices().chain([(text.len(), ',')]);
    for (at, character) in ends {
        let end = at == text.len();
        match (character, open) {
            ('[', None) => open = Some(at),
            (']', Some(_)) => open = None,
            ('[', Some(_)) => return Err(NodeSetError::new(at, "brackets cannot stand in brackets")),
            (']', None) => return Err(NodeSetError::new(at, "this `]` closes nothing")),
            (_, Some(bracket)) if end => {
                return Err(NodeSetError::new(bracket, "this bracket is not closed; add a `]`"));
            }
            (',' | '!' | '&' | '^', None) | (_, None) if end || is_between(character) => {
                let pattern = text.get(start..at).unwrap_or_default();
                if !pattern.is_empty() {
                    operands.push((operator, start, pattern));
                    operator = ',';
                } else if operator != ',' && !character.is_whitespace() {
                    return Err(NodeSetError::new(at, format!("a node is missing after `{operator}`")));
                }
                if !character.is_whitespace() && !end {
                    operator = character;
                }
                start = at + character.len_utf8();
            }
            _ => {}
        }
    }
    Ok(operands)
}

fn is_between(character: char) -> bool {
    matches!(character, ',' | '!' | '&' | '^') || character.is_whitespace()
}

fn expand(pattern: &str, offset: usize) -> Result<Vec<String>, NodeSetError> {
    let mut names = vec![String::new()];
    let mut rest = pattern;
    while let Some((before, after)) = rest.split_once('[') {
        let (inside, after) = after.split_once(']').unwrap_or((after, ""));
        let at = offset + (pattern.len() - rest.len()) + before.len() + 1;
        let items = items(inside, at)?;
        if names.len().saturating_mul(items.len()) > MAX_NODES {
            return Err(NodeSetError::new(
                offset,
                format!("`{pattern}` names more than {MAX_NODES} nodes"),
            ));
        }
        names = names
            .iter()
            .flat_map(|name| items.iter().map(move |item| format!("{name}{before}{item}")))
            .collect();
        rest = after;
    }
    names.iter_mut().for_each(|name| name.push_str(rest));
    Ok(names)
}

/// The numbers of one bracket.
fn items(inside: &str, mut offset: usize) -> Result<Vec<String>, NodeSetError> {
    let mut items = Vec::new();
    for item in inside.split(',') {
        let fail = |message: &str| NodeSetError::new(offset, format!("`{item}` {message}"));
        let syntax = || fail("is not a range of numbers; write [1-10], [01-10] or [1-10/2]");
        let number = |text: &str| -> Option<u64> {
            let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
            digits.then(|| text.parse().ok()).flatten()
        };
        let (range, step) = item.split_once('/').unwrap_or((item, "1"));
        let (first, last) = range.split_once('-').unwrap_or((range, range));
        let (Some(from), Some(to), Some(step)) = (number(first), number(last), number(step)) else {
            return Err(syntax());
        };
        if from > to {
            return Err(fail("runs backwards; the smaller number comes first"));
        }
        let padded = |text: &str| text.len() > 1 && text.starts_with('0');
        if (padded(first) || padded(last)) && first.len() != last.len() {
            return Err(fail("mixes paddings; both ends need as many digits"));
        }
        let step = usize::try_from(step).ok().filter(|step| *step > 0).ok_or_else(syntax)?;
        if (to - from) / step as u64 >= MAX_NODES as u64 || items.len() > MAX_NODES {
            return Err(fail("names more than 1000000 nodes"));
        }
        let width = if padded(first) { first.len() } else { 1 };
        items.extend((from..=to).step_by(step).map(|number| format!("{number:0width$}")));
        offset += item.len() + 1;
    }
    Ok(items)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn nodes(text: &str) -> String {
        let group = |name: &str| match name {
            "web" => Ok(["w1", "w2"].map(str::to_owned).into()),
            other => Err(format!("no {other}")),
        };
        match evaluate(text, group) {
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
            ("a!", "2: a node is missing after `!`"),
            ("a!,b", "2: a node is missing after `!`"),
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
