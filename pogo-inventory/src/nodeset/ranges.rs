//! Names with numbers in brackets: `r[1-2]n[08-10/2]`.

use super::{MAX_NODES, NodeSetError};
use crate::numbers::{Numbers, number};

/// Refuses unbalanced brackets.
pub(super) fn checked(pattern: &str, offset: usize) -> Result<(), NodeSetError> {
    let (mut open, mut closed) = (None, None);
    for (at, character) in pattern.char_indices() {
        let fail = |message: &str| Err(NodeSetError::new(offset + at, message));
        match (character, open) {
            ('[', Some(_)) => return fail("brackets cannot stand in brackets"),
            ('[', None) if closed == Some(at) => {
                return fail("two ranges cannot stand side by side; write what is between them");
            }
            ('[', None) => open = Some(at),
            (']', None) => return fail("this `]` closes nothing"),
            (']', Some(_)) => (open, closed) = (None, Some(at + 1)),
            _ => {}
        }
    }
    match open {
        Some(bracket) => Err(NodeSetError::new(
            offset + bracket,
            "this bracket is not closed; add a `]`",
        )),
        None => Ok(()),
    }
}

/// Expands a pattern.
pub(super) fn expand(pattern: &str, offset: usize) -> Result<Vec<String>, NodeSetError> {
    let mut names = vec![String::new()];
    let mut rest = pattern;
    while let Some((before, after)) = rest.split_once('[') {
        let (inside, after) = after.split_once(']').unwrap_or((after, ""));
        let at = offset + (pattern.len() - rest.len()) + before.len() + 1;
        let items = items(inside, at)?;
        // Before the product is built: a few ranges side by side come to more than any memory.
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

/// Expands the numbers of one bracket.
fn items(inside: &str, mut offset: usize) -> Result<Vec<String>, NodeSetError> {
    let mut items = Vec::new();
    for item in inside.split(',') {
        let fail = |message: &str| NodeSetError::new(offset, format!("`{item}` {message}"));
        let syntax = || fail("is not a range of numbers; write [1-10], [01-10] or [1-10/2]");
        let (range, step) = item.split_once('/').unwrap_or((item, "1"));
        let (first, last) = range.split_once('-').unwrap_or((range, range));
        let (Some(numbers), Some(step)) = (Numbers::read(first, last), number(step)) else {
            return Err(syntax());
        };
        if numbers.run_backwards() {
            return Err(fail("runs backwards; the smaller number comes first"));
        }
        // A number that is only 0 is not padded.
        let padded = |text: &str| text.len() > 1 && text.starts_with('0');
        if (padded(first) || padded(last)) && first.len() != last.len() {
            return Err(fail("mixes paddings; both ends need as many digits"));
        }
        let step = usize::try_from(step).ok().filter(|step| *step > 0).ok_or_else(syntax)?;
        let numbers = numbers.every(step);
        // Before they are listed: `[1-9999999999]` is a few bytes.
        if numbers.are_more_than(MAX_NODES) || items.len() > MAX_NODES {
            return Err(fail("names more than 1000000 nodes"));
        }
        items.extend(numbers.names());
        offset += item.len() + 1;
    }
    Ok(items)
}
