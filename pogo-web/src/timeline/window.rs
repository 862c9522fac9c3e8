//! The part of a timeline that is asked for.

use std::fmt;
use std::str::FromStr;

use pogo_core::Timestamp;
use pogo_core::fleet::HostName;

/// From when to when, and in how many columns.
#[derive(Debug, Clone)]
pub(crate) struct Window {
    pub(crate) from: Option<Timestamp>,
    pub(crate) to: Option<Timestamp>,
    /// Columns of pixels.
    pub(crate) px: u32,
    pub(crate) rows: Option<RowRange>,
    /// The row of this host alone.
    pub(crate) host: Option<HostName>,
}

impl Window {
    /// The most columns in which changes are told apart: more would be sent than is seen.
    const COLUMNS: u32 = 2_000;

    pub(crate) fn new(from: Option<Timestamp>, to: Option<Timestamp>, px: Option<u32>) -> Self {
        let px = px.unwrap_or(1_000).clamp(50, Self::COLUMNS);
        Self {
            from,
            to,
            px,
            rows: None,
            host: None,
        }
    }
}

/// Rows of single hosts, by their positions: `0-100` are the first hundred.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct RowRange {
    pub(crate) begin: usize,
    pub(crate) end: usize,
}

/// Not a range of rows.
#[derive(Debug)]
pub(crate) struct InvalidRows;

impl fmt::Display for InvalidRows {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("not a range of rows; give the first and the one behind the last, such as 0-100, at most 500 apart")
    }
}

impl RowRange {
    /// The most rows of an answer.
    const MOST: usize = 500;
}

impl FromStr for RowRange {
    type Err = InvalidRows;

    fn from_str(text: &str) -> Result<Self, InvalidRows> {
        let (begin, end) = text.split_once('-').ok_or(InvalidRows)?;
        let number = |text: &str| text.parse::<usize>().map_err(|_| InvalidRows);
        let (begin, end) = (number(begin)?, number(end)?);
        let is_range = begin < end && end - begin <= Self::MOST;
        is_range.then_some(Self { begin, end }).ok_or(InvalidRows)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_range_of_rows_is_bounded() {
        assert_eq!("0-100".parse::<RowRange>().unwrap(), RowRange { begin: 0, end: 100 });
        for text in ["", "5", "5-5", "9-3", "0-501", "-1-2", "a-b"] {
            assert!(text.parse::<RowRange>().is_err(), "{text}");
        }
    }
}
