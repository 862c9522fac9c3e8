//! CSV: the first line names the columns.

use std::borrow::Cow;

use ::csv::{Position, Reader, ReaderBuilder, StringRecord};

use super::Mapping;
use crate::source::{Problems, Span};
use crate::tree::{Entry, Key, Node, Value};

/// The rows as a list of maps.
pub(super) fn load(problems: &mut Problems<'_>, mapping: &Mapping) -> Option<Node<'static>> {
    let text = problems.source.text;
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let shift = problems.source.text.len() - text.len();
    let mut reader = ReaderBuilder::new()
        .trim(::csv::Trim::All)
        .comment(Some(b'#'))
        .from_reader(text.as_bytes());
    let header = match reader.headers() {
        Ok(header) => header.clone(),
        Err(error) => {
            broken(problems, &error);
            return None;
        }
    };
    let start = span_at(&Position::new(), shift);
    check_header(problems, start, &header, mapping)?;
    let items = rows(problems, reader, &header, shift);
    Some(Node {
        span: start,
        value: Value::List(items),
    })
}

fn rows(
    problems: &mut Problems<'_>,
    mut reader: Reader<&[u8]>,
    header: &StringRecord,
    shift: usize,
) -> Vec<Node<'static>> {
    let mut items = Vec::new();
    let mut record = StringRecord::new();
    loop {
        match reader.read_record(&mut record) {
            Ok(false) => return items,
            Ok(true) => {
                let span = span_at(record.position().unwrap_or(&Position::new()), shift);
                let owned = |text: &str| Cow::Owned(text.to_owned());
                let entry = |(name, value): (&str, &str)| Entry {
                    key: Key {
                        span,
                        text: owned(name),
                    },
                    value: Node {
                        span,
                        value: Value::Scalar(owned(value)),
                    },
                };
                let value = Value::Map(header.iter().zip(&record).map(entry).collect());
                items.push(Node { span, value });
            }
            Err(error) => {
                broken(problems, &error);
                return items;
            }
        }
    }
}

/// A column that is missing is missing in every row; it is reported once.
fn check_header(problems: &mut Problems<'_>, span: Span, header: &StringRecord, mapping: &Mapping) -> Option<()> {
    let columns: Vec<&str> = header.iter().collect();
    if columns.iter().all(|column| column.is_empty()) {
        problems.report_with(
            span,
            "the file says nothing",
            "the first line names the columns: name,tags",
        );
        return None;
    }
    let tags = mapping.tags.iter().filter(|tag| tag.required).map(|tag| &tag.field);
    let needed = [&mapping.name].into_iter().chain(tags).chain(&mapping.vars);
    let mut complete = Some(());
    for field in needed.filter(|field| !columns.contains(&field.as_str())) {
        let hint = format!(
            "columns here: {}; the mapping says which column is which",
            columns.join(", ")
        );
        problems.report_with(span, format!("there is no column `{field}`"), hint);
        complete = None;
    }
    for (position, column) in columns.iter().enumerate() {
        if columns.iter().take(position).any(|before| before == column) {
            problems.report(span, format!("there are two columns `{}`", column.escape_debug()));
            complete = None;
        }
    }
    complete
}

fn broken(problems: &mut Problems<'_>, error: &::csv::Error) {
    let start = Position::new();
    let (position, message) = match error.kind() {
        ::csv::ErrorKind::UnequalLengths { pos, expected_len, len } => {
            let position = pos.as_ref().unwrap_or(&start);
            (
                position,
                format!("this row has {len} columns, but the first line names {expected_len}"),
            )
        }
        _ => (error.position().unwrap_or(&start), format!("broken CSV: {error}")),
    };
    let span = span_at(position, 0);
    problems.report_with(span, message, "quote values that hold a comma: \"a,b\"");
}

fn span_at(position: &Position, shift: usize) -> Span {
    let number = |value: u64| u32::try_from(value).unwrap_or(u32::MAX);
    let start = number(position.byte() + shift as u64);
    Span {
        start,
        end: start,
        line: number(position.line()),
        column: 1,
    }
}
