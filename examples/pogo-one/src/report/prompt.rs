//! An open question on the terminal.

use std::fs::File;
use std::io::Write;

/// A question in the last line of the terminal that has no answer yet.
pub(crate) struct OpenPrompt {
    tty: File,
    text: String,
}

impl OpenPrompt {
    pub(crate) fn new(tty: File, text: String) -> Self {
        Self { tty, text }
    }

    /// Prints something above the question.
    pub(super) fn above<T>(&self, print: impl FnOnce() -> T) -> T {
        self.erase();
        let printed = print();
        let _ = (&self.tty).write_all(self.text.as_bytes());
        printed
    }

    /// Erases the question, so that something else can be printed in its line.
    pub(super) fn erase(&self) {
        let _ = (&self.tty).write_all(b"\r\x1b[J");
    }
}
