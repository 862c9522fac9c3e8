//! Tables of text.

use super::visible::visible;
use super::width::{cut, padded, width};

/// Rows under a heading, with columns as wide as they need; what is too wide for the terminal is cut in the last one.
pub(crate) struct Table {
    rows: Vec<Vec<String>>,
}

impl Table {
    pub(crate) fn new<const N: usize>(heading: [&str; N]) -> Self {
        let rows = vec![heading.map(str::to_owned).into()];
        Self { rows }
    }

    /// Adds a row, whose text may be anybody's.
    pub(crate) fn row<const N: usize>(&mut self, cells: [String; N]) {
        let cells = cells.map(|cell| visible(&cell).into_owned());
        self.rows.push(cells.into());
    }

    /// The rows as lines, of at most so many columns if there is a limit.
    pub(crate) fn text(&self, columns: Option<usize>) -> String {
        let count = self.rows.first().map_or(0, Vec::len);
        let wide = |column: usize| {
            self.rows
                .iter()
                .filter_map(|row| row.get(column))
                .map(|cell| width(cell))
                .max()
        };
        let widths: Vec<usize> = (0..count.saturating_sub(1)).filter_map(wide).collect();
        let mut text = String::new();
        for row in &self.rows {
            let mut line = String::new();
            for (at, cell) in row.iter().enumerate() {
                match widths.get(at) {
                    Some(width) => line.push_str(&(padded(cell, *width) + "  ")),
                    None => line.push_str(cell),
                }
            }
            let line = line.trim_end();
            match columns {
                Some(columns) => text.push_str(&cut(line, columns)),
                None => text.push_str(line),
            }
            text.push('\n');
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_as_wide_as_they_need_and_the_last_is_cut() {
        let mut table = Table::new(["job", "command"]);
        table.row(["7".to_owned(), "echo \u{1b}[31m and much more".to_owned()]);
        table.row(["1000".to_owned(), "true".to_owned()]);
        let wanted = "job   command\n7     echo \\u{1b}[3…\n1000  true\n";
        assert_eq!(table.text(Some(20)), wanted);
        assert!(table.text(None).contains("and much more\n"));
    }
}
