//! JSON and TOML documents, with nested rows.

use pogo_core::inventory::Diagnostic;

use super::Mapping;
use super::path::find as field;
use super::rows::{Rows, fields_here, settle};
use crate::roster::Roster;
use crate::source::Problems;
use crate::tree::expect::expected;
use crate::tree::{Entry, Node, Value};

/// Reads the rows of a document; returns warnings about skipped ones.
pub(super) fn read(
    problems: &mut Problems<'_>,
    root: &Node<'_>,
    mapping: &Mapping,
    roster: &mut Roster,
) -> Vec<Diagnostic> {
    let keys: Vec<&str> = mapping.rows.iter().flat_map(|rows| rows.split('.')).collect();
    let mut reader = Rows {
        mapping,
        roster,
        nameless: Vec::new(),
    };
    below(problems, root, &keys, true, &mut |problems, rows| {
        reader.these(problems, rows)
    });
    let nameless = reader.nameless;
    settle(problems, roster, nameless)
}

impl Rows<'_> {
    /// Reads the rows of one list or object.
    fn these(&mut self, problems: &mut Problems<'_>, rows: &Node<'_>) {
        match &rows.value {
            Value::List(items) => items.iter().for_each(|item| self.listed(problems, item)),
            Value::Map(entries) => entries.iter().for_each(|entry| self.keyed(problems, entry)),
            _ => expected(problems, rows, "a list of hosts", "[{\"name\": \"web1\"}]"),
        }
    }

    /// Reads a row whose key is the host's name.
    fn keyed(&mut self, problems: &mut Problems<'_>, Entry { key, value }: &Entry<'_>) {
        let name = (key.span, &*key.text);
        match &value.value {
            Value::Null => self.row(problems, name, &[]),
            // An error: objects without known fields are not hosts; the rows may be under another key.
            Value::Map(fields) if !fields.is_empty() && !self.mapping.knows_any(fields) => {
                let message = format!(
                    "`{}` has no field that the mapping knows, so it is no host",
                    key.text.escape_debug()
                );
                problems.report_with(key.span, message, fields_here(fields));
            }
            Value::Map(fields) => self.row(problems, name, fields),
            _ => expected(problems, value, "the fields of a host", "{\"tags\": [\"frontend\"]}"),
        }
    }
}

impl Mapping {
    /// Whether any of the fields is mapped, besides the name.
    fn knows_any(&self, fields: &[Entry<'_>]) -> bool {
        let tags = self.tags.iter().map(|tag| &tag.field);
        let plain = [&self.address, &self.port, &self.user].into_iter().chain(&self.vars);
        tags.chain(plain).any(|name| field(fields, name).is_some())
    }
}

/// Descends to the rows; a list on the way may contain several lists of rows.
fn below(
    problems: &mut Problems<'_>,
    node: &Node<'_>,
    keys: &[&str],
    top: bool,
    found: &mut impl FnMut(&mut Problems<'_>, &Node<'_>),
) {
    let Some((key, rest)) = keys.split_first() else {
        return found(problems, node);
    };
    match &node.value {
        Value::Map(entries) => match entries.iter().find(|entry| entry.key.text == *key) {
            Some(entry) => below(problems, &entry.value, rest, false, found),
            None => {
                let message = format!("there is no key `{key}` here, below which the hosts should stand");
                problems.report_with(node.span, message, fields_here(entries));
            }
        },
        // A list at the top does not match the mapping.
        // Lists within lists are what services make of pages and of groups, such as EC2's
        // reservations.
        Value::List(items) if !top => {
            for item in items {
                below(problems, item, keys, false, found);
            }
        }
        _ => {
            let (what, example) = (format!("an object with the key `{key}`"), format!("{{\"{key}\": []}}"));
            expected(problems, node, &what, &example);
        }
    }
}
