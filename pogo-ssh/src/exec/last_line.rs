//! The last line of a host's output, to explain a failure.

/// The last line of a host's output, up to a maximum length.
#[derive(Debug, Default)]
pub(crate) struct LastLine(Vec<u8>);

/// The longest line that is kept.
const MOST_BYTES: usize = 200;

impl LastLine {
    /// Adds the next chunk of output.
    pub(crate) fn push(&mut self, bytes: &[u8]) {
        for line in bytes.split_inclusive(|byte| *byte == b'\n') {
            // Only once the next one has something to say: the last words before empty lines
            // explain more than these.
            if self.0.ends_with(b"\n") && !line.trim_ascii().is_empty() {
                self.0.clear();
            }
            let room = MOST_BYTES.saturating_sub(self.0.len());
            let (line, is_whole) = (line.get(..room).unwrap_or(line), line.ends_with(b"\n"));
            self.0.extend_from_slice(line);
            if is_whole && !self.0.ends_with(b"\n") {
                self.0.push(b'\n');
            }
        }
    }

    /// Appends the line to the message that it explains.
    pub(crate) fn explain(&self, what: String) -> String {
        let text = String::from_utf8_lossy(&self.0);
        let text: String = text.trim().chars().filter(|c| !c.is_control()).collect();
        if text.is_empty() {
            what
        } else {
            format!("{what}: {text}")
        }
    }
}
