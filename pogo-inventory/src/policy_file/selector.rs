//! Selectors and tag paths, with errors that point into them.

use pogo_core::fleet::{Selector, TagPath};

use crate::roster::Roster;
use crate::source::{Problems, Span};
use crate::tree::{Node, expect};

/// Whether a key is a selector rather than a plain word.
pub(super) fn looks_like_one(text: &str) -> bool {
    text.contains(['$', '&', '|', ',', '!', '(', ')', '[', ']', '{', '}', '*', '?'])
}

/// Parses a selector, and reports problems.
pub(super) fn parse(problems: &mut Problems<'_>, roster: &Roster, span: Span, text: &str) -> Option<Selector> {
    // The most frequent slip: a group would be one host that does not exist, and a limit would hold
    // for nobody.
    if roster.is_tag_only(text) {
        let message = format!("`{text}` is a tag, but is written like a host");
        problems.report_with(
            span,
            message,
            format!("write `${text}` for the hosts that carry the tag"),
        );
        return None;
    }
    // As it is written: what the policy shows is to be found in its file again.
    match Selector::parse_original(text) {
        Ok(selector) => Some(selector),
        Err(error) => {
            let at = problems.source.within(span, text, error.offset());
            problems.report(at, error.to_string());
            None
        }
    }
}

/// Parses a value as a selector.
pub(super) fn read(problems: &mut Problems<'_>, roster: &Roster, node: &Node<'_>, example: &str) -> Option<Selector> {
    let Some(text) = node.scalar() else {
        expect::expected(problems, node, "a group", example);
        return None;
    };
    parse(problems, roster, node.span, text)
}

/// Parses a tag, with or without its `$`.
pub(super) fn tag(problems: &mut Problems<'_>, node: &Node<'_>, key: &str) -> Option<TagPath> {
    let Some(text) = node.scalar() else {
        expect::expected(problems, node, "a tag", &format!("{key}: $colo"));
        return None;
    };
    match text.strip_prefix('$').unwrap_or(text).parse() {
        Ok(path) => Some(path),
        Err(error) => {
            problems.report(node.span, format!("`{}` is not a tag: {error}", text.escape_debug()));
            None
        }
    }
}
