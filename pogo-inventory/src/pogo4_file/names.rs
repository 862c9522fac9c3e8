//! The names that a file defines.

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

/// The entries of a map; reports any other value.
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
