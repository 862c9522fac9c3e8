//! The names of a file, and the maps that they are keys of.

use std::collections::BTreeMap;

use pogo_core::fleet::TagPath;

use crate::source::Problems;
use crate::tree::{Entry, Node, Value, expect};

/// The names that constraints may use.
#[derive(Default)]
pub(super) struct Pogo4Names {
    pub(super) apps: BTreeMap<String, TagPath>,
    pub(super) envs: BTreeMap<String, TagPath>,
}

/// The entries of a map; none if it is something else, which is reported.
pub(super) fn map<'n, 'a>(
    problems: &mut Problems<'_>,
    node: &'n Node<'a>,
    what: &str,
    example: &str,
) -> &'n [Entry<'a>] {
    match &node.value {
        Value::Null => &[],
        Value::Map(entries) => entries,
        _ => {
            expect::expected(problems, node, what, example);
            &[]
        }
    }
}
