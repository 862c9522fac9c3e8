//! Hosts' output, line by line.

use std::collections::BTreeMap;

use pogo_core::dispatcher::{OutputChunk, Stream};
use pogo_core::scheduler::AttemptId;

/// Puts pieces of output together to lines.
#[derive(Debug, Default)]
pub(super) struct Lines {
    begun: BTreeMap<(AttemptId, Stream), Vec<u8>>,
}

impl Lines {
    /// A line longer than this is shown in parts.
    const LONGEST: usize = 8 * 1024;

    /// The lines that this piece completes.
    pub(super) fn push(&mut self, chunk: &OutputChunk<'_>) -> Vec<String> {
        let begun = self.begun.entry((chunk.attempt, chunk.stream)).or_default();
        let mut lines = Vec::new();
        for piece in chunk.bytes.split_inclusive(|&byte| byte == b'\n') {
            begun.extend_from_slice(piece);
            if piece.ends_with(b"\n") || begun.len() >= Self::LONGEST {
                lines.push(shown(&std::mem::take(begun)));
            }
        }
        lines
    }

    /// What an attempt left without an end of line.
    pub(super) fn end(&mut self, attempt: AttemptId) -> Vec<String> {
        let streams = [Stream::Stdout, Stream::Stderr, Stream::Note];
        let left = streams
            .into_iter()
            .filter_map(|stream| self.begun.remove(&(attempt, stream)));
        left.filter(|line| !line.is_empty()).map(|line| shown(&line)).collect()
    }
}

fn shown(line: &[u8]) -> String {
    let text = String::from_utf8_lossy(line);
    clean(
        text.strip_suffix('\n')
            .map_or(&*text, |line| line.strip_suffix('\r').unwrap_or(line)),
    )
}

/// Text from a host without the characters that would steer the terminal.
pub(super) fn clean(text: &str) -> String {
    let steers = |c: char| c.is_control() && c != '\t';
    text.chars()
        .flat_map(|c| {
            if steers(c) {
                c.escape_default().collect()
            } else {
                vec![c]
            }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use pogo_core::scheduler::JobId;

    use super::*;

    #[test]
    fn pieces_become_lines_without_control_characters() {
        let host = "web1".parse().unwrap();
        let mut lines = Lines::default();
        let attempt = AttemptId::new(1);
        let mut push = |bytes: &[u8]| {
            lines.push(&OutputChunk {
                job: JobId::new(1),
                host: &host,
                attempt,
                stream: Stream::Stdout,
                bytes,
            })
        };
        assert!(push(b"one\x1b[2J").is_empty());
        assert_eq!(push(b" more\r\ntwo\n\xffthree"), ["one\\u{1b}[2J more", "two"]);
        assert_eq!(lines.end(attempt), ["\u{fffd}three"]);
    }
}
