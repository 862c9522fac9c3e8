//! `tag:` the hosts of each tag.

use pogo_core::fleet::TagPath;

use crate::roster::Roster;
use crate::source::Problems;
use crate::tree::{Entry, Node, Value, expect};

const EXAMPLE: &str = "tag: { frontend: [\"web[1-9]\"] }";

pub(super) fn read(problems: &mut Problems<'_>, node: &Node<'_>, roster: &mut Roster) {
    match &node.value {
        Value::Null => {}
        Value::Map(entries) => children(problems, None, entries, roster),
        _ => expect::expected(problems, node, "a map from tags to hosts", EXAMPLE),
    }
}

fn children(problems: &mut Problems<'_>, parent: Option<&TagPath>, entries: &[Entry<'_>], roster: &mut Roster) {
    for Entry { key, value } in entries {
        let path = match parent {
            Some(parent) => parent.child(&key.text),
            None => TagPath::new(&key.text),
        };
        match path {
            Ok(path) => {
                roster.declare(&path);
                members(problems, &path, value, roster);
            }
            Err(error) => problems.report(key.span, error.to_string()),
        }
    }
}

/// Reads the hosts of a tag, and the tags below it.
fn members(problems: &mut Problems<'_>, path: &TagPath, node: &Node<'_>, roster: &mut Roster) {
    match &node.value {
        Value::Null => {}
        Value::Opaque => expect::expected(problems, node, "hosts", EXAMPLE),
        Value::Scalar(text) => roster.members(problems, node.span, text, path),
        Value::Map(entries) => children(problems, Some(path), entries, roster),
        Value::List(items) => {
            for item in items {
                if item.is_null() {
                    expect::expected(problems, item, "a host", EXAMPLE);
                } else {
                    members(problems, path, item, roster);
                }
            }
        }
    }
}
