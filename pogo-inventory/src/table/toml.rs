//! TOML.

use std::ops::Range;

use ::toml::Spanned;
use ::toml::de::{DeTable, DeValue};

use crate::source::{Problems, Span, narrow};
use crate::tree::{Entry, Key, Node, Value};

/// Parses a document.
pub(super) fn load<'a>(problems: &mut Problems<'a>) -> Option<Node<'a>> {
    let starts = LineStarts::of(problems.source.text);
    // All errors at once, as of the other formats: a person mends them in one go.
    let (table, errors) = DeTable::parse_recoverable(problems.source.text);
    for error in &errors {
        let span = starts.span(error.span().unwrap_or_default());
        problems.report(span, format!("broken TOML: {}", one_line(error.message())));
    }
    if !errors.is_empty() {
        return None;
    }
    let span = starts.span(table.span());
    let value = map(&starts, table.into_inner());
    Some(Node { span, value })
}

fn one_line(message: &str) -> String {
    message.split('\n').collect::<Vec<_>>().join("; ")
}

fn map<'a>(starts: &LineStarts<'a>, table: DeTable<'a>) -> Value<'a> {
    let entry = |(key, value): (Spanned<_>, Spanned<DeValue<'a>>)| Entry {
        key: Key {
            span: starts.span(key.span()),
            text: key.into_inner(),
        },
        value: node(starts, value),
    };
    Value::Map(table.into_iter().map(entry).collect())
}

fn node<'a>(starts: &LineStarts<'a>, value: Spanned<DeValue<'a>>) -> Node<'a> {
    let span = starts.span(value.span());
    let value = match value.into_inner() {
        DeValue::String(text) => Value::Scalar(text),
        DeValue::Array(items) => Value::List(items.into_iter().map(|item| node(starts, item)).collect()),
        DeValue::Table(table) => map(starts, table),
        // As written, as all values are texts here.
        _ => Value::Scalar(starts.slice(span).into()),
    };
    Node { span, value }
}

/// Converts offsets to lines and columns.
struct LineStarts<'a> {
    text: &'a str,
    lines: Vec<usize>,
}

impl<'a> LineStarts<'a> {
    fn of(text: &'a str) -> Self {
        let starts = text.match_indices('\n').map(|(newline, _)| newline + 1);
        Self {
            text,
            lines: [0].into_iter().chain(starts).collect(),
        }
    }

    fn span(&self, range: Range<usize>) -> Span {
        // By a search: counting lines up to each value would be quadratic in a large file.
        let line = self.lines.partition_point(|start| *start <= range.start).max(1);
        let start = self.lines.get(line - 1).copied().unwrap_or_default();
        let before = self
            .text
            .get(start..range.start)
            .map_or(0, |before| before.chars().count());
        Span::new(range, line, narrow(before).saturating_add(1))
    }

    fn slice(&self, span: Span) -> &'a str {
        self.text
            .get(span.start as usize..span.end as usize)
            .unwrap_or_default()
    }
}
