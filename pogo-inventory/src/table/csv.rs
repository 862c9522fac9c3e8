//! CSV: the first line names the columns, unless the mapping does. Spreadsheets use `;` or tabs where the
//! comma is the decimal separator, and declare that in a line `sep=;`.

use std::borrow::Cow;

use ::csv::{Position, Reader, ReaderBuilder, StringRecord};

use pogo_core::inventory::Diagnostic;

use super::columns::Columns;
use super::{Mapping, rows};
use crate::roster::Roster;
use crate::source::{Problems, Span};
use crate::tree::{Entry, Key, Node, Value};

/// Reads every row; returns warnings about skipped ones.
pub(super) fn read(problems: &mut Problems<'_>, mapping: &Mapping, roster: &mut Roster) -> Vec<Diagnostic> {
    let mut nameless = Vec::new();
    every_row(problems, mapping, roster, &mut nameless);
    rows::settle(problems, roster, nameless)
}

fn every_row(problems: &mut Problems<'_>, mapping: &Mapping, roster: &mut Roster, nameless: &mut Vec<Diagnostic>) {
    let text = problems.source.text;
    let dialect = Dialect::of(text, mapping);
    let text = text.get(dialect.start..).unwrap_or_default();
    let mut reader = dialect.reader(text, mapping);
    let mut header = match reader.headers() {
        // First: where the mapping has the names, what the reader gives here is the first row.
        _ if !mapping.columns.is_empty() => StringRecord::from(mapping.columns.as_slice()),
        Ok(header) => header.clone(),
        Err(error) => return broken(problems, &dialect, &error),
    };
    header.trim();
    let start = dialect.span(&Position::new());
    if check_header(problems, start, &header, mapping).is_none() {
        return;
    }
    roster.reserve(problems.source.rows());
    let mut columns = Columns::new(&header, mapping);
    // One for all rows: a record for each would be two allocations a row.
    let mut record = StringRecord::new();
    loop {
        match reader.read_record(&mut record) {
            Ok(false) => return,
            // Spreadsheets write rows of empty cells.
            Ok(true) if record.iter().all(|cell| cell.trim().is_empty()) => {}
            Ok(true) => {
                let span = dialect.span(record.position().unwrap_or(&Position::new()));
                // Without a header line, the reader compares lengths with the first row only.
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
            Err(error) => return broken(problems, &dialect, &error),
        }
    }
}

/// Delimiter and beginning of the table.
struct Dialect {
    delimiter: u8,
    /// Offset of the table, and the number of lines before it.
    start: usize,
    lines_before: u32,
}

impl Dialect {
    /// Detected by a first line `sep=;`, or by the delimiter that yields the columns of the mapping.
    fn of(text: &str, mapping: &Mapping) -> Self {
        let (first, _) = text.split_once('\n').unwrap_or((text, ""));
        let said = first.trim_end_matches('\r').strip_prefix("sep=");
        if let Some([delimiter]) = said.map(str::as_bytes) {
            return Self {
                delimiter: *delimiter,
                start: (first.len() + 1).min(text.len()),
                lines_before: 1,
            };
        }
        let with = |delimiter| Self {
            delimiter,
            start: 0,
            lines_before: 0,
        };
        let fits = |dialect: &Self| {
            let mut reader = dialect.reader(text, mapping);
            match mapping.columns.len() {
                0 => reader
                    .headers()
                    .is_ok_and(|header| header.iter().any(|column| column.trim() == mapping.name)),
                columns => matches!(reader.records().next(), Some(Ok(row)) if row.len() == columns),
            }
        };
        // The comma first, which nearly all files have.
        [b',', b';', b'\t']
            .map(with)
            .into_iter()
            .find(fits)
            .unwrap_or_else(|| with(b','))
    }

    fn reader<'t>(&self, text: &'t str, mapping: &Mapping) -> Reader<&'t [u8]> {
        let mut builder = ReaderBuilder::new();
        // Exports of asset databases begin with lines that say when and by whom they were made.
        builder.comment(Some(b'#')).has_headers(mapping.columns.is_empty());
        builder.delimiter(self.delimiter).from_reader(text.as_bytes())
    }

    fn span(&self, position: &Position) -> Span {
        let (span, before) = (span_at(position), u32::try_from(self.start).unwrap_or(u32::MAX));
        Span {
            start: span.start.saturating_add(before),
            end: span.end.saturating_add(before),
            // The reader was given the text behind the line `sep=`, and counts from there.
            line: span.line.saturating_add(self.lines_before),
            ..span
        }
    }
}

/// The row as a map, for the slow path.
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
    // Every row has every column, so an empty cell counts as absent.
    let there = |(name, value): &(&str, &str)| !(value.trim().is_empty() && by_presence(name));
    let value = Value::Map(header.iter().zip(record).filter(there).map(entry).collect());
    Node { span, value }
}

/// Reports missing columns once instead of in every row.
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
    // Any of the name columns is enough.
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

fn broken(problems: &mut Problems<'_>, dialect: &Dialect, error: &::csv::Error) {
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
    let span = dialect.span(position);
    let delimiter = char::from(dialect.delimiter).escape_default();
    let hint = format!("quote values that hold a `{delimiter}`: \"a{delimiter}b\"");
    problems.report_with(span, message, hint);
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
