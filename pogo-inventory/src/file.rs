//! Reads files up to a maximum size.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

#[cfg(any(feature = "clustershell", feature = "genders", feature = "pogo4-file"))]
use pogo_core::inventory::Listing;
use pogo_core::inventory::{Diagnostic, Excerpt, InventoryError, LineSpan};

/// The largest file in bytes: room for some millions of hosts.
pub(crate) const MAX_BYTES: u64 = 64 << 20;

/// Reads a file as text.
pub(crate) fn read_text(path: &Path) -> Result<String, InventoryError> {
    read_text_up_to(path, MAX_BYTES)
}

/// Reads the hosts of one file: `parse` gets its name and its text.
#[cfg(any(feature = "clustershell", feature = "genders", feature = "pogo4-file"))]
pub(crate) fn read_listing(
    path: &Path,
    parse: impl FnOnce(String, &str) -> Result<Listing, InventoryError>,
) -> Result<Listing, InventoryError> {
    let mut listing = parse(path.display().to_string(), &read_text(path)?)?;
    listing.files.push(path.to_owned());
    Ok(listing)
}

/// Reads a file of at most `most` bytes as text.
pub(crate) fn read_text_up_to(path: &Path, most: u64) -> Result<String, InventoryError> {
    let name = path.display().to_string();
    if let Some(kind) = special(path) {
        let problem = Diagnostic::new(&*name, format!("is {kind}, not a file, and is not waited for"));
        let hint = "write what comes from it into a file, or name the program that prints it as a source of the type \
            `command`";
        return Err(InventoryError::Invalid(vec![problem.with_hint(hint)]));
    }
    let bytes = read_bytes(path, most).map_err(|error| InventoryError::unavailable(&*name, describe(path, &error)))?;
    text(&name, bytes, most)
}

/// Strips a byte order mark.
pub(crate) fn without_mark(text: &str) -> &str {
    text.strip_prefix('\u{feff}').unwrap_or(text)
}

/// Names a kind of file that might block for ever, such as a pipe, without opening it.
pub(crate) fn special(path: &Path) -> Option<&'static str> {
    // Opening a pipe blocks until somebody writes: it has to be asked before.
    let kind = std::fs::metadata(path).ok()?.file_type();
    if kind.is_file() || kind.is_dir() {
        return None;
    }
    #[cfg(unix)]
    {
        use std::os::unix::fs::FileTypeExt;
        if kind.is_fifo() {
            return Some("a pipe");
        }
        if kind.is_socket() {
            return Some("a socket");
        }
    }
    Some("a device")
}

/// Decodes UTF-8.
pub(crate) fn text(name: &str, bytes: Vec<u8>, most: u64) -> Result<String, InventoryError> {
    if bytes.len() as u64 > most {
        let message = format!("is larger than {} MiB, the most that is read", most >> 20);
        return Err(InventoryError::Invalid(vec![Diagnostic::new(name, message)]));
    }
    let text = String::from_utf8(bytes).map_err(|error| InventoryError::Invalid(vec![not_utf8(name, &error)]))?;
    Ok(match without_mark(&text) {
        // Spreadsheets and editors of Windows begin UTF-8 with a mark; it would be part of the
        // first name.
        plain if plain.len() < text.len() => plain.to_owned(),
        _ => text,
    })
}

fn read_bytes(path: &Path, most: u64) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    // By reading and not by its length, which `/proc` gives as 0, and which may grow meanwhile.
    File::open(path)?.take(most + 1).read_to_end(&mut bytes)?;
    Ok(bytes)
}

fn describe(path: &Path, error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::NotFound if path.as_os_str().is_empty() => "the file's name is empty".to_owned(),
        io::ErrorKind::NotFound => match path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
            Some(folder) if !folder.exists() => {
                format!("no such file; the folder `{}` does not exist", folder.display())
            }
            _ => "no such file".to_owned(),
        },
        io::ErrorKind::IsADirectory => "is a directory; name a file in it".to_owned(),
        io::ErrorKind::PermissionDenied => "you may not read it".to_owned(),
        _ => error.to_string(),
    }
}

fn not_utf8(name: &str, error: &std::string::FromUtf8Error) -> Diagnostic {
    let bytes = error.as_bytes();
    if bytes.starts_with(&[0xff, 0xfe]) || bytes.starts_with(&[0xfe, 0xff]) {
        return Diagnostic::new(name, "is UTF-16 text").with_hint("save it as UTF-8");
    }
    let (good, bad) = bytes.split_at(error.utf8_error().valid_up_to());
    let line_start = good
        .iter()
        .rposition(|byte| *byte == b'\n')
        .map_or(0, |newline| newline + 1);
    let number = |value: usize| u32::try_from(value).unwrap_or(u32::MAX);
    let position = LineSpan {
        line: number(good.iter().filter(|byte| **byte == b'\n').count() + 1),
        column: number(String::from_utf8_lossy(&good[line_start..]).chars().count() + 1),
        length: 1,
    };
    let line: Vec<u8> = bytes[line_start..]
        .iter()
        .copied()
        .take_while(|byte| *byte != b'\n')
        .collect();
    let byte = bad.first().copied().unwrap_or_default();
    let mut problem = Diagnostic::new(name, format!("the byte 0x{byte:02x} is not UTF-8 text"));
    problem.position = Some(position);
    problem.excerpt = Some(Excerpt::of(&String::from_utf8_lossy(&line), position));
    problem.with_hint("save the file as UTF-8")
}
