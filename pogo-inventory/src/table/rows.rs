//! Rows into hosts.

use pogo_core::fleet::{Connection, TagPath};

use super::path::find as field;
use super::{Mapping, TagField};
use crate::roster::Roster;
use crate::source::{Problems, Span};
use crate::tree::expect::expected;
use crate::tree::{Entry, Node, Value};

/// Reads the rows of a document.
pub(super) fn read(problems: &mut Problems<'_>, root: &Node<'_>, mapping: &Mapping, roster: &mut Roster) {
    let keys: Vec<&str> = mapping.rows.iter().flat_map(|rows| rows.split('.')).collect();
    below(problems, root, &keys, true, &mut |problems, rows| {
        these(problems, rows, mapping, roster)
    });
}

/// The rows of one list or object.
fn these(problems: &mut Problems<'_>, rows: &Node<'_>, mapping: &Mapping, roster: &mut Roster) {
    match &rows.value {
        Value::List(items) => {
            for item in items {
                listed(problems, item, mapping, roster);
            }
        }
        Value::Map(entries) => {
            for Entry { key, value } in entries {
                let name = (key.span, &*key.text);
                match &value.value {
                    Value::Null => row(problems, name, &[], mapping, roster),
                    Value::Map(fields) => row(problems, name, fields, mapping, roster),
                    _ => expected(problems, value, "the fields of a host", "{\"tags\": [\"frontend\"]}"),
                }
            }
        }
        _ => expected(problems, rows, "a list of hosts", "[{\"name\": \"web1\"}]"),
    }
}

/// Goes down to the rows; a list on the way holds several places with rows.
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
        // A list at the top is another document than the mapping is made for.
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

pub(super) fn listed(problems: &mut Problems<'_>, item: &Node<'_>, mapping: &Mapping, roster: &mut Roster) {
    match &item.value {
        Value::Scalar(name) => row(problems, (item.span, name), &[], mapping, roster),
        Value::Map(fields) => match field(fields, &mapping.name).map(|name| (name.span, name.scalar())) {
            Some((span, Some(name))) => row(problems, (span, name), fields, mapping, roster),
            Some((span, None)) => problems.report(span, format!("the host's name in `{}` is missing", mapping.name)),
            None => {
                let message = format!("this host has no field `{}` with its name", mapping.name);
                problems.report_with(item.span, message, fields_here(fields));
            }
        },
        _ => expected(problems, item, "the fields of a host", "{\"name\": \"web1\"}"),
    }
}

fn fields_here(fields: &[Entry<'_>]) -> String {
    let names: Vec<&str> = fields.iter().take(20).map(|entry| &*entry.key.text).collect();
    match names.len() {
        0 => "there are no fields at all".to_owned(),
        _ => format!(
            "found here: {}; the mapping says which field is which",
            names.join(", ")
        ),
    }
}

fn row(
    problems: &mut Problems<'_>,
    (span, name): (Span, &str),
    fields: &[Entry<'_>],
    mapping: &Mapping,
    roster: &mut Roster,
) {
    let hosts = roster.hosts(problems, span, name);
    let connection = connection(problems, fields, mapping);
    let mut tags = Vec::new();
    for wanted in &mapping.tags {
        match field(fields, &wanted.field) {
            Some(node) if wanted.present => tags.extend(presence(problems, node, wanted)),
            Some(node) => tags.extend(tag_paths(problems, node, wanted)),
            None if wanted.required => {
                let message = format!("the host `{}` has no field `{}`", name.escape_debug(), wanted.field);
                problems.report_with(span, message, fields_here(fields));
            }
            None => {}
        }
    }
    for host in hosts {
        for tag in &tags {
            roster.tag(&host, tag);
        }
        roster.connect(problems, span, &host, &connection);
    }
}

/// The tag that a field stands for by being there.
fn presence(problems: &mut Problems<'_>, node: &Node<'_>, wanted: &TagField) -> Option<TagPath> {
    let tag = wanted.tag.as_deref().unwrap_or(&wanted.field);
    match tag.parse() {
        Ok(path) => Some(path),
        Err(error) => {
            problems.report(node.span, format!("`{}` is not a tag: {error}", tag.escape_debug()));
            None
        }
    }
}

pub(super) fn tag_paths(problems: &mut Problems<'_>, node: &Node<'_>, wanted: &TagField) -> Vec<TagPath> {
    let mut paths = Vec::new();
    let mut take = |span: Span, text: &str| {
        let words = text.split([' ', ',', ';', '\t', '\n']).filter(|word| !word.is_empty());
        for word in words {
            let path = match &wanted.tag {
                Some(tag) => format!("{tag}.{word}"),
                None => word.to_owned(),
            };
            match path.parse() {
                Ok(path) => paths.push(path),
                Err(error) => problems.report(span, format!("`{}` is not a tag: {error}", word.escape_debug())),
            }
        }
    };
    match &node.value {
        Value::Null => {}
        Value::Scalar(text) => take(node.span, text),
        Value::List(items) if items.iter().all(|item| item.scalar().is_some()) => {
            for (span, text) in items.iter().filter_map(|item| Some((item.span, item.scalar()?))) {
                take(span, text);
            }
        }
        _ => expected(problems, node, "tags", "[\"frontend\", \"colo.east\"]"),
    }
    paths
}

fn connection(problems: &mut Problems<'_>, fields: &[Entry<'_>], mapping: &Mapping) -> Connection {
    let mut connection = Connection {
        address: text(problems, fields, &mapping.address),
        user: text(problems, fields, &mapping.user),
        ..Connection::default()
    };
    if let Some(port) = text(problems, fields, &mapping.port) {
        connection.port = port.parse().ok().filter(|port| *port > 0);
        if let (None, Some(node)) = (connection.port, field(fields, &mapping.port)) {
            problems.report(
                node.span,
                format!("`{}` is not a port from 1 to 65535", port.escape_debug()),
            );
        }
    }
    for name in &mapping.vars {
        if let Some(value) = text(problems, fields, name) {
            connection.vars.insert(name.clone(), value);
        }
    }
    connection
}

/// The field's text; empty fields are as good as none.
fn text(problems: &mut Problems<'_>, fields: &[Entry<'_>], name: &str) -> Option<String> {
    let node = field(fields, name)?;
    match &node.value {
        Value::Null => None,
        Value::Scalar(text) if text.is_empty() => None,
        Value::Scalar(text) => Some(text.clone().into_owned()),
        _ => {
            expected(problems, node, "a text", &format!("\"{name}\": \"…\""));
            None
        }
    }
}
