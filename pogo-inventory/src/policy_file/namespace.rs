//! `namespace:` parts of a file that have nothing to do with each other.

use std::collections::BTreeMap;
use std::sync::Arc;

use pogo_core::inventory::Diagnostic;

use super::document::{self, Reading};
use super::include::Includes;
use crate::source::Problems;
use crate::tree::{Entry, Node, Value, expect, keys};

const EXAMPLE: &str = "namespace: { web: { tag: { frontend: [web1] } } }";

/// Which namespace is read, and which there are.
#[derive(Debug, Default)]
pub(super) struct Namespaces {
    pub(super) chosen: Option<Arc<str>>,
    /// With the first place of each.
    pub(super) seen: BTreeMap<String, Diagnostic>,
    inside: bool,
}

impl Namespaces {
    /// Whether what is read now belongs to one namespace alone.
    pub(super) fn is_inside(&self) -> bool {
        self.inside
    }

    /// What is wrong with the choice, when all files are read.
    pub(super) fn problem(&self, source: &str) -> Option<Diagnostic> {
        let names: Vec<&str> = self.seen.keys().map(String::as_str).collect();
        match &self.chosen {
            None => {
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

pub(super) fn read(
    problems: &mut Problems<'_>,
    node: &Node<'_>,
    reading: &mut Reading,
    mut includes: Option<&mut Includes>,
) {
    let entries = match &node.value {
        Value::Null => return,
        Value::Map(entries) if !reading.namespaces.inside => entries,
        Value::Map(_) => return,
        _ => return expect::expected(problems, node, "a map of namespaces", EXAMPLE),
    };
    for Entry { key, value } in entries {
        let place = problems.source.diagnostic(key.span, "");
        let name = key.text.clone().into_owned();
        reading.namespaces.seen.entry(name).or_insert(place);
        match &value.value {
            Value::Null => {}
            Value::Map(entries) if reading.namespaces.chosen.as_deref() == Some(&*key.text) => {
                reading.namespaces.inside = true;
                document::sections(problems, entries, reading, includes.as_deref_mut());
                reading.namespaces.inside = false;
            }
            Value::Map(_) => {}
            _ => expect::expected(problems, value, "the sections of a namespace", EXAMPLE),
        }
    }
}
