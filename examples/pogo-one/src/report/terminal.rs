//! Standard output and standard error. Text of hosts, files and requests reaches them escaped.

use std::io::{self, Write};

use serde::Serialize;

use crate::cli::Color;

use super::visible::{visible_json, visible_lines, visible_styled};

/// Text on standard output.
pub(crate) fn print(text: &str) -> io::Result<()> {
    write(visible_lines(text).as_bytes())
}

/// Text in colours on standard output.
pub(crate) fn print_styled(text: &str) -> io::Result<()> {
    write(visible_styled(text).as_bytes())
}

/// A value on standard output, as JSON for people.
pub(crate) fn print_json(value: &impl Serialize) -> io::Result<()> {
    let json = serde_json::to_string_pretty(value).map_err(io::Error::from)?;
    write(format!("{}\n", visible_json(&json)).as_bytes())
}

/// A value as one line of JSON.
pub(crate) fn json_line(value: &impl Serialize) -> io::Result<String> {
    let json = serde_json::to_string(value).map_err(io::Error::from)?;
    Ok(format!("{}\n", visible_json(&json)))
}

/// Bytes that have nothing raw in them, on standard output.
pub(super) fn write(bytes: &[u8]) -> io::Result<()> {
    let mut out = io::stdout().lock();
    out.write_all(bytes)?;
    out.flush()
}

/// Bytes that have nothing raw in them, on standard error; nothing is printed where that is closed.
pub(super) fn write_err(bytes: &[u8]) {
    let _ = io::stderr().lock().write_all(bytes);
}

/// A remark on standard error; nothing is printed where that is closed.
pub(crate) fn remark(text: &str) {
    let _ = writeln!(io::stderr().lock(), "{}", visible_lines(text));
}

/// A question on standard error, whose answer is typed behind it.
pub(crate) fn prompt(text: &str) {
    let mut err = io::stderr().lock();
    let _ = write!(err, "{}", visible_lines(text)).and_then(|()| err.flush());
}

/// Prints an error.
pub(crate) fn complain(message: &str) {
    match Color::is_on(&io::stderr()) {
        true => write_err(format!("\x1b[1m\x1b[91merror\x1b[0m: {}\n", visible_lines(message)).as_bytes()),
        false => remark(&format!("error: {message}")),
    }
}
