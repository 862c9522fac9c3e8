//! CSV: the first line names the columns, unless the mapping does.

use std::borrow::Cow;

use ::csv::{Position, ReaderBuilder, StringRecord};

use super::columns::Columns;
use super::{Mapping, rows};
use crate::diagnostic::Diagnostic;
use crate::roster::Roster;
use crate::source::{Problems, Span};
use crate::tree::{Entry, Key, Node, Value};

/// Reads every row, and gives those that are left out.
pub(super) fn read(problems: &mut Problems<'_>, mapping: &Mapping, roster: &mut Roster) -> Vec<Diagnostic> {
    let mut nameless = Vec::new();
    every_row(problems, mapping, roster, &mut nameless);
    rows::settle(problems, roster, nameless)
}

fn every_row(problems: &mut Problems<'_>, mapping: &Mapping, roster: &mut Roster, nameless: &mut Vec<Diagnostic>) {
    let text = problems.source.text;
    let mut builder = ReaderBuilder::new();
    builder.comment(Some(b'#')).has_headers(mapping.columns.is_empty());
    let mut reader = builder.from_reader(text.as_bytes());
    let mut header = match reader.headers() {
        _ if !mapping.columns.is_empty() => StringRecord::from(mapping.columns.as_slice()),
        Ok(header) => header.clone(),
        Err(error) => return broken(problems, &error),
    };
    header.trim();
    let start = span_at(&Position::new());
    if check_header(problems, start, &header, mapping).is_none() {
        return;
    }
    roster.reserve(problems.source.rows());
    let mut columns = Columns::new(&header, mapping);
    let mut record = StringRecord::new();
    loop {
        match reader.read_record(&mut record) {
            Ok(false) => return,
            Ok(true) => {
                let span = span_at(record.position().unwrap_or(&Position::new()));
                // Where the first line is a row, the reader takes its length for that of all.
                if record.len() != header.len() {
                    let (here, named) = (record.len(), header.len());
                    let message = format!("this row has {here} columns, but the mapping names {named}");
                    return problems.report(span, message);
                }
                if columns.plain(problems, span, &record, roster).is_none() {
                    let row = node(span, &header, &record, mapping);
                    let mut reader = rows::Rows {
                        mapping,
                        roster,
                        nameless: std::mem::take(nameless),
                    };
                    reader.listed(problems, &row);
                    *nameless = reader.nameless;
                }
            }
            Err(error) => return broken(problems, &error),
        }
    }
}

/// The row as a map, for what is not plain in it.
fn node<'r>(span: Span, header: &'r StringRecord, record: &'r StringRecord, mapping: &Mapping) -> Node<'r> {
    let by_presence = |name: &str| mapping.tags.iter().any(|tag| tag.present && tag.field == name);
    let entry = |(name, value): (&'r str, &'r str)| Entry {
        key: Key {
            span,
            text: Cow::Borrowed(name),
        },
        value: Node {
            span,
            value: Value::Scalar(Cow::Borrowed(value.trim())),
        },
    };
    // Every row has every column, so a cell is there when something is in it.
    let there = |(name, value): &(&str, &str)| !(value.trim().is_empty() && by_presence(name));
    let value = Value::Map(header.iter().zip(record).filter(there).map(entry).collect());
    Node { span, value }
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
    // A name may stand in any of its columns.
    let name = mapping
        .names()
        .find(|name| columns.contains(name))
        .unwrap_or(&mapping.name);
    let needed = [name].into_iter().chain(tags.chain(&mapping.vars).map(String::as_str));
    let mut complete = Some(());
    for field in needed.filter(|field| !columns.contains(field)) {
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
    let span = span_at(position);
    problems.report_with(span, message, "quote values that hold a comma: \"a,b\"");
}

fn span_at(position: &Position) -> Span {
    let number = |value: u64| u32::try_from(value).unwrap_or(u32::MAX);
    let start = number(position.byte());
    Span {
        start,
        end: start,
        line: number(position.line()),
        column: 1,
    }
}
