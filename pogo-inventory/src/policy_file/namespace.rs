//! `namespace:` independent parts of a file.

use std::collections::BTreeMap;
use std::sync::Arc;

use pogo_core::inventory::Diagnostic;

use crate::source::Problems;
use crate::tree::{Entry, Node, Value, expect, keys};

const EXAMPLE: &str = "namespace: { web: { tag: { frontend: [web1] } } }";

/// The chosen namespace, and those that exist.
#[derive(Debug, Default)]
pub(super) struct Namespaces {
    pub(super) chosen: Option<Arc<str>>,
    /// Each with its first position.
    pub(super) seen: BTreeMap<String, Diagnostic>,
    /// Whether the section being read belongs to the chosen namespace.
    pub(super) inside: bool,
}

impl Namespaces {
    /// The problem with the choice, once all files are read.
    pub(super) fn problem(&self, source: &str) -> Option<Diagnostic> {
        let names: Vec<&str> = self.seen.keys().map(String::as_str).collect();
        match &self.chosen {
            None => {
                // Without a choice only the common rules would hold, which a namespace may tighten.
                let first = self.seen.values().next()?;
                let mut problem = first.clone();
                problem.message = format!("the file has namespaces, and none is chosen: {}", names.join(", "));
                Some(problem.with_hint(format!("choose one, as with `-n {}`", names.first()?)))
            }
            Some(chosen) if self.seen.contains_key(&**chosen) => None,
            Some(chosen) => {
                let message = format!("there is no namespace `{}`", chosen.escape_debug());
                let hint = match keys::nearest(chosen, &names) {
                    Some(meant) => format!("did you mean `{meant}`?"),
                    None if names.is_empty() => "the file has no namespaces; leave the choice out".to_owned(),
                    None => format!("known here: {}", names.join(", ")),
                };
                Some(Diagnostic::new(source, message).with_hint(hint))
            }
        }
    }
}

/// The sections of the chosen namespace, if the file has any.
pub(super) fn chosen<'n, 'a>(
    problems: &mut Problems<'_>,
    node: &'n Node<'a>,
    namespaces: &mut Namespaces,
) -> Option<&'n [Entry<'a>]> {
    let entries = match &node.value {
        Value::Null => return None,
        Value::Map(entries) if !namespaces.inside => entries,
        Value::Map(_) => return None,
        _ => {
            expect::expected(problems, node, "a map of namespaces", EXAMPLE);
            return None;
        }
    };
    let mut found = None;
    for Entry { key, value } in entries {
        let position = problems.source.diagnostic(key.span, "");
        let name = key.text.clone().into_owned();
        namespaces.seen.entry(name).or_insert(position);
        match &value.value {
            Value::Null => {}
            Value::Map(entries) if namespaces.chosen.as_deref() == Some(&*key.text) => found = Some(&**entries),
            Value::Map(_) => {}
            _ => expect::expected(problems, value, "the sections of a namespace", EXAMPLE),
        }
    }
    found
}
