//! How much room data takes that is stored.

use std::io::{self, Write};

use serde::Serialize;

struct Counter(usize);

impl Write for Counter {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0 = self.0.saturating_add(bytes.len());
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// How many bytes data takes as JSON, a line of its own; nothing is built for it.
pub fn stored_len(data: &impl Serialize) -> usize {
    let mut counter = Counter(1);
    // What cannot be written as JSON takes no room in it.
    let _ = serde_json::to_writer(&mut counter, data);
    counter.0
}
