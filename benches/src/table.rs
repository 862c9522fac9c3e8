//! Printing.

use std::time::Duration;

/// A row of a table: a label and columns.
pub fn row(label: &str, columns: &[String]) -> String {
    let columns: Vec<String> = columns.iter().map(|column| format!("{column:>14}")).collect();
    format!("{label:<34}{}", columns.join(""))
}

/// How many times longer one duration is than the other.
pub fn ratio(one: Duration, other: Duration) -> f64 {
    one.as_secs_f64() / other.as_secs_f64()
}
