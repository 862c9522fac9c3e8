//! Prints output as hosts wrote it.

use std::io::{self, Write};

use pogo_core::output::Stream;

/// Writes bytes as they came.
pub(super) fn raw(stream: Stream, bytes: &[u8]) -> io::Result<()> {
    match stream {
        Stream::Stderr => io::stderr().lock().write_all(bytes),
        _ => {
            let mut out = io::stdout().lock();
            out.write_all(bytes)?;
            out.flush()
        }
    }
}
