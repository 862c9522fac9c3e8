//! The rows of a result as CSV text, which messages can quote.

use pogo_core::inventory::Diagnostic;

use crate::file::MAX_BYTES;

/// A result as CSV: the first line has the columns.
pub(super) struct Table {
    writer: csv::Writer<Vec<u8>>,
    bytes: u64,
    pub(super) rows: usize,
}

impl Table {
    pub(super) fn new<'c>(columns: impl IntoIterator<Item = &'c str>) -> Result<Self, csv::Error> {
        let mut table = Self {
            writer: csv::Writer::from_writer(Vec::new()),
            bytes: 0,
            rows: 0,
        };
        table.writer.write_record(columns)?;
        Ok(table)
    }

    /// Adds a row; `NULL` becomes an empty field.
    pub(super) fn push(&mut self, cells: &[Option<String>]) -> Result<(), String> {
        self.rows += 1;
        let size = |cell: &Option<String>| cell.as_ref().map_or(0, String::len) as u64 + 1;
        self.bytes += cells.iter().map(size).sum::<u64>();
        if self.bytes > MAX_BYTES {
            return Err(format!("answers with more than {} MiB", MAX_BYTES >> 20));
        }
        let cells = cells.iter().map(|cell| cell.as_deref().unwrap_or_default());
        self.writer.write_record(cells).map_err(|error| error.to_string())
    }

    pub(super) fn into_text(self, source: &str) -> Result<String, Diagnostic> {
        let wrong = |message: String| Diagnostic::new(source, message);
        let bytes = self.writer.into_inner().map_err(|error| wrong(error.to_string()))?;
        String::from_utf8(bytes).map_err(|error| wrong(error.to_string()))
    }
}
