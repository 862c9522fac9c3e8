//! TOML.

use std::ops::Range;

use ::toml::Spanned;
use ::toml::de::{DeTable, DeValue};

use crate::source::{Problems, Span};
use crate::tree::{Entry, Key, Node, Value};

/// The document.
pub(super) fn load<'a>(problems: &mut Problems<'a>) -> Option<Node<'a>> {
    let places = Places::of(problems.source.text);
    let (table, errors) = DeTable::parse_recoverable(problems.source.text);
    for error in &errors {
        let span = places.span(error.span().unwrap_or_default());
        problems.report(span, format!("broken TOML: {}", one_line(error.message())));
    }
    if !errors.is_empty() {
        return None;
    }
    let span = places.span(table.span());
    let value = map(&places, table.into_inner());
    Some(Node { span, value })
}

fn one_line(message: &str) -> String {
    message.split('\n').collect::<Vec<_>>().join("; ")
}

fn map<'a>(places: &Places<'a>, table: DeTable<'a>) -> Value<'a> {
    let entry = |(key, value): (Spanned<_>, Spanned<DeValue<'a>>)| Entry {
        key: Key {
            span: places.span(key.span()),
            text: key.into_inner(),
        },
        value: node(places, value),
    };
    Value::Map(table.into_iter().map(entry).collect())
}

fn node<'a>(places: &Places<'a>, value: Spanned<DeValue<'a>>) -> Node<'a> {
    let span = places.span(value.span());
    let value = match value.into_inner() {
        DeValue::String(text) => Value::Scalar(text),
        DeValue::Array(items) => Value::List(items.into_iter().map(|item| node(places, item)).collect()),
        DeValue::Table(table) => map(places, table),
        // As written: a port is text like any other.
        _ => Value::Scalar(places.slice(span).into()),
    };
    Node { span, value }
}

/// Lines and columns of offsets.
struct Places<'a> {
    text: &'a str,
    lines: Vec<usize>,
}

impl<'a> Places<'a> {
    fn of(text: &'a str) -> Self {
        let starts = text.match_indices('\n').map(|(newline, _)| newline + 1);
        Self {
            text,
            lines: [0].into_iter().chain(starts).collect(),
        }
    }

    fn span(&self, range: Range<usize>) -> Span {
        let number = |value: usize| u32::try_from(value).unwrap_or(u32::MAX);
        let line = self.lines.partition_point(|start| *start <= range.start).max(1);
        let start = self.lines.get(line - 1).copied().unwrap_or_default();
        let before = self
            .text
            .get(start..range.start)
            .map_or(0, |before| before.chars().count());
        Span {
            start: number(range.start),
            end: number(range.end),
            line: number(line),
            column: number(before).saturating_add(1),
        }
    }

    fn slice(&self, span: Span) -> &'a str {
        self.text
            .get(span.start as usize..span.end as usize)
            .unwrap_or_default()
    }
}
