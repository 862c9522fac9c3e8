//! JSON, and JSON lines.

use serde::de::IgnoredAny;

use crate::source::{Problems, SourceText, Span, narrow};
use crate::tree::{Node, Value};
use crate::yaml;

/// Parses a document: validated as JSON first, then parsed as YAML, which provides positions.
pub(super) fn load<'a>(problems: &mut Problems<'a>) -> Option<Node<'a>> {
    match serde_json::from_str::<IgnoredAny>(problems.source.text) {
        // JSON is YAML too, whose parser knows where each value stands; serde's knows better what
        // is wrong with JSON.
        Ok(_) => yaml::load(problems),
        Err(error) => {
            let span = position(problems.source.text, error.line(), error.column());
            problems.report(span, format!("broken JSON: {}", reason(&error)));
            None
        }
    }
}

/// Parses one object or name per line; empty lines are skipped.
pub(super) fn load_lines<'a>(problems: &mut Problems<'a>) -> Node<'a> {
    let SourceText { name, text, .. } = problems.source.clone();
    let mut items = Vec::new();
    let mut start = 0;
    for (number, line) in text.split('\n').enumerate() {
        if !line.trim().is_empty() {
            // Each line by itself: one that is broken does not take the others along.
            let mut inner = Problems::new(SourceText::new(name.clone(), line));
            let item = load(&mut inner);
            items.extend(item.map(|item| moved(item, start, number)));
            for mut problem in inner.into_sorted() {
                if let Some(position) = &mut problem.position {
                    position.line = position.line.saturating_add(narrow(number));
                }
                problems.push(problem);
            }
        }
        start += line.len() + 1;
    }
    let span = Span {
        start: 0,
        end: narrow(text.len()),
        line: 1,
        column: 1,
    };
    let value = Value::List(items);
    Node { span, value }
}

/// Moves a line's node to its position in the file.
fn moved(mut node: Node<'_>, bytes: usize, lines: usize) -> Node<'_> {
    let shift = |span: &mut Span| {
        span.start = span.start.saturating_add(narrow(bytes));
        span.end = span.end.saturating_add(narrow(bytes));
        span.line = span.line.saturating_add(narrow(lines));
    };
    shift(&mut node.span);
    match &mut node.value {
        Value::List(items) => {
            let inner = std::mem::take(items);
            items.extend(inner.into_iter().map(|item| moved(item, bytes, lines)));
        }
        Value::Map(entries) => {
            let inner = std::mem::take(entries);
            entries.extend(inner.into_iter().map(|mut entry| {
                shift(&mut entry.key.span);
                entry.value = moved(entry.value, bytes, lines);
                entry
            }));
        }
        Value::Null | Value::Scalar(_) | Value::Opaque => {}
    }
    node
}

fn position(text: &str, line: usize, column: usize) -> Span {
    let line = line.max(1);
    let before: usize = text.split_inclusive('\n').take(line - 1).map(str::len).sum();
    // The parser counts bytes and stops after the offending one.
    let start = (before + column.saturating_sub(1)).min(text.len());
    let start = (0..=start)
        .rev()
        .find(|at| text.is_char_boundary(*at))
        .unwrap_or_default();
    let characters = text.get(before..start).map_or(0, |before| before.chars().count());
    Span {
        start: narrow(start),
        end: narrow(start),
        line: narrow(line),
        column: narrow(characters).saturating_add(1),
    }
}

/// The parser's message without its position.
fn reason(error: &serde_json::Error) -> String {
    let text = error.to_string();
    match text.rfind(" at line ") {
        Some(end) => text.get(..end).unwrap_or_default().to_owned(),
        None => text,
    }
}
