//! Adds rows to a roster.

use pogo_core::fleet::{Connection, TagPath};
use pogo_core::inventory::Diagnostic;

use super::path::find as field;
use super::{Mapping, TagField};
use crate::roster::Roster;
use crate::source::{Problems, Span};
use crate::tree::expect::expected;
use crate::tree::{Entry, Node, Value};

/// Adds rows to a roster.
pub(super) struct Rows<'r> {
    pub(super) mapping: &'r Mapping,
    pub(super) roster: &'r mut Roster,
    /// Warnings about rows without a name.
    pub(super) nameless: Vec<Diagnostic>,
}

/// Rows without a name are warnings if other rows have one, which shows that the mapping is right; errors otherwise.
pub(super) fn settle(problems: &mut Problems<'_>, roster: &Roster, nameless: Vec<Diagnostic>) -> Vec<Diagnostic> {
    // Where the mapping is wrong, no row has a name; a machine without one among many is a machine
    // without one.
    if problems.is_empty() && roster.has_hosts() {
        let hint = "it is left out; `name_fallback` of the mapping can name another field";
        return nameless.into_iter().map(|problem| problem.with_hint(hint)).collect();
    }
    nameless.into_iter().for_each(|problem| problems.push(problem));
    vec![]
}

impl Rows<'_> {
    /// Adds a row that contains its host's name.
    pub(super) fn listed(&mut self, problems: &mut Problems<'_>, item: &Node<'_>) {
        let fields = match &item.value {
            Value::Scalar(name) => return self.row(problems, (item.span, name), &[]),
            Value::Map(fields) => fields,
            _ => return expected(problems, item, "the fields of a host", "{\"name\": \"web1\"}"),
        };
        if let Some((span, name)) = self.mapping.name_in(fields) {
            return self.row(problems, (span, name), fields);
        }
        if problems.is_full() || self.nameless.len() == Problems::MOST {
            return;
        }
        let wanted = self.mapping.names().collect::<Vec<_>>().join("` or `");
        let problem = match field(fields, &self.mapping.name) {
            Some(node) => {
                let message = format!("the host's name in `{wanted}` is missing");
                problems.source.diagnostic(node.span, message)
            }
            None => {
                let message = format!("this host has no field `{wanted}` with its name");
                problems
                    .source
                    .diagnostic(item.span, message)
                    .with_hint(fields_here(fields))
            }
        };
        self.nameless.push(problem);
    }

    /// Adds a row with this name.
    pub(super) fn row(&mut self, problems: &mut Problems<'_>, (span, name): (Span, &str), fields: &[Entry<'_>]) {
        let hosts = self.roster.hosts(problems, span, name);
        let connection = connection(problems, fields, self.mapping);
        let mut tags = Vec::new();
        for wanted in &self.mapping.tags {
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
                self.roster.tag(&host, tag);
            }
            self.roster.connect(problems, span, &host, &connection);
        }
    }
}

impl Mapping {
    /// The fields for the name, in order.
    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        [&self.name].into_iter().chain(&self.name_fallback).map(String::as_str)
    }

    /// The host's name and its position.
    fn name_in<'n>(&self, fields: &'n [Entry<'_>]) -> Option<(Span, &'n str)> {
        let named = |name: &str| {
            let node = field(fields, name)?;
            Some((node.span, &**node.scalar().filter(|text| !text.is_empty())?))
        };
        self.names().find_map(named)
    }
}

/// Lists the fields, for a hint.
pub(super) fn fields_here(fields: &[Entry<'_>]) -> String {
    let names: Vec<&str> = fields.iter().take(20).map(|entry| &*entry.key.text).collect();
    match names.len() {
        0 => "there are no fields at all".to_owned(),
        _ => format!(
            "found here: {}; the mapping says which field is which",
            names.join(", ")
        ),
    }
}

/// Adds a tag for the presence of a field.
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
        // Columns of tags are written by people, and each does it another way; none of these may
        // stand in a tag.
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
    let mut connection = Connection::new();
    connection.address = text(problems, fields, &mapping.address);
    connection.user = text(problems, fields, &mapping.user);
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

/// The field's text; empty fields count as absent.
fn text(problems: &mut Problems<'_>, fields: &[Entry<'_>], name: &str) -> Option<String> {
    let node = field(fields, name)?;
    match &node.value {
        Value::Null => None,
        // A table has a cell for each row, also where there is nothing to say.
        Value::Scalar(text) if text.is_empty() => None,
        Value::Scalar(text) => Some(text.clone().into_owned()),
        _ => {
            expected(problems, node, "a text", &format!("\"{name}\": \"…\""));
            None
        }
    }
}
