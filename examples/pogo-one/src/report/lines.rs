//! Hosts' output, line by line.

use std::collections::BTreeMap;

use memchr::{memchr, memrchr};
use pogo_core::dispatcher::{OutputChunk, Stream};
use pogo_core::fleet::HostName;
use pogo_core::scheduler::AttemptId;

use super::visible::push_visible;

/// Joins chunks of output to lines, prefixed with the host's name, with control characters escaped.
#[derive(Debug)]
pub(super) struct Lines {
    /// The start of each line that is not complete.
    incomplete: BTreeMap<(AttemptId, Stream), Vec<u8>>,
    /// How many bytes these are together.
    held: usize,
    longest: usize,
    most_held: usize,
}

/// Complete lines, for standard output and standard error.
#[derive(Debug, Default)]
pub(super) struct PrintedLines {
    pub(super) out: Vec<u8>,
    pub(super) err: Vec<u8>,
}

impl PrintedLines {
    fn of(&mut self, stream: Stream) -> &mut Vec<u8> {
        match stream {
            Stream::Stderr => &mut self.err,
            // A remark stands among the output that it is about.
            Stream::Stdout | Stream::Note => &mut self.out,
        }
    }
}

impl Default for Lines {
    fn default() -> Self {
        Self {
            incomplete: BTreeMap::new(),
            held: 0,
            longest: Self::LONGEST,
            most_held: Self::MOST_HELD,
        }
    }
}

impl Lines {
    /// A longer line is cut.
    const LONGEST: usize = 1 << 20;
    /// Lines that are not complete are cut when they take more than this together.
    const MOST_HELD: usize = 64 << 20;

    /// Adds the lines that this piece completes.
    pub(super) fn push(&mut self, chunk: &OutputChunk<'_>, printed: &mut PrintedLines) {
        if chunk.stream == Stream::Note {
            // A remark stands at its position, and what came before is before it.
            self.end(chunk.attempt, chunk.host, printed);
        }
        let text = printed.of(chunk.stream);
        let key = (chunk.attempt, chunk.stream);
        let mut incomplete = self.incomplete.remove(&key).unwrap_or_default();
        self.held -= incomplete.len();
        let prefix = prefix(chunk.host);
        let whole = memrchr(b'\n', chunk.bytes).map_or(0, |last| last + 1);
        let (mut whole, rest) = chunk.bytes.split_at(whole);
        if !incomplete.is_empty()
            && let Some(end) = memchr(b'\n', whole)
        {
            let (first, more) = whole.split_at(end + 1);
            incomplete.extend_from_slice(first);
            self.add(&prefix, &incomplete, text);
            incomplete.clear();
            whole = more;
        }
        while let Some(end) = memchr(b'\n', whole) {
            let (line, more) = whole.split_at(end + 1);
            self.add(&prefix, line, text);
            whole = more;
        }
        incomplete.extend_from_slice(rest);
        self.hold(key, incomplete, &prefix, text);
    }

    /// Adds an attempt's incomplete last lines.
    pub(super) fn end(&mut self, attempt: AttemptId, host: &HostName, printed: &mut PrintedLines) {
        for stream in [Stream::Stdout, Stream::Stderr, Stream::Note] {
            if let Some(incomplete) = self.incomplete.remove(&(attempt, stream)) {
                self.held -= incomplete.len();
                self.add(&prefix(host), &incomplete, printed.of(stream));
            }
        }
    }

    /// Keeps the start of a line, or cuts it where it takes too much.
    fn hold(&mut self, key: (AttemptId, Stream), mut incomplete: Vec<u8>, prefix: &[u8], text: &mut Vec<u8>) {
        while incomplete.len() > self.longest
            || (self.held + incomplete.len() > self.most_held && !incomplete.is_empty())
        {
            let rest = incomplete.split_off(whole_characters(&incomplete, self.longest));
            add_part(prefix, &incomplete, text);
            incomplete = rest;
        }
        if !incomplete.is_empty() {
            self.held += incomplete.len();
            self.incomplete.insert(key, incomplete);
        }
    }

    /// Adds a line; a long one in parts.
    fn add(&self, prefix: &[u8], line: &[u8], text: &mut Vec<u8>) {
        let line = line
            .strip_suffix(b"\n")
            .map_or(line, |line| line.strip_suffix(b"\r").unwrap_or(line));
        let mut line = line;
        while line.len() > self.longest {
            let (part, rest) = line.split_at(whole_characters(line, self.longest));
            add_part(prefix, part, text);
            line = rest;
        }
        text.extend_from_slice(prefix);
        push_visible(text, line);
        text.push(b'\n');
    }
}

fn prefix(host: &HostName) -> Vec<u8> {
    let mut prefix = Vec::with_capacity(host.as_str().len() + 3);
    push_visible(&mut prefix, host.as_str().as_bytes());
    prefix.extend_from_slice(b" | ");
    prefix
}

/// Adds a part of a line that goes on.
fn add_part(prefix: &[u8], part: &[u8], text: &mut Vec<u8>) {
    text.extend_from_slice(prefix);
    push_visible(text, part);
    text.extend_from_slice(format!(" [line cut here, after {} bytes]\n", part.len()).as_bytes());
}

/// The largest prefix of whole characters, if it is text.
fn whole_characters(line: &[u8], most: usize) -> usize {
    let most = most.min(line.len());
    let follows = |at: &usize| line.get(*at).is_some_and(|byte| byte & 0xc0 == 0x80);
    (most.saturating_sub(3)..=most)
        .rev()
        .find(|at| !follows(at))
        .filter(|at| *at > 0)
        .unwrap_or(most)
}

#[cfg(test)]
mod tests {
    use pogo_core::scheduler::JobId;

    use super::*;

    fn chunk<'a>(host: &'a HostName, stream: Stream, bytes: &'a [u8]) -> OutputChunk<'a> {
        OutputChunk::new(JobId::new(1), AttemptId::new(1), host, stream, bytes)
    }

    fn both_of(mut lines: Lines, pieces: &[(Stream, &[u8])]) -> (String, String) {
        let (host, mut printed) = ("web1".parse().unwrap(), PrintedLines::default());
        for (stream, bytes) in pieces {
            lines.push(&chunk(&host, *stream, bytes), &mut printed);
        }
        lines.end(AttemptId::new(1), &host, &mut printed);
        assert_eq!((lines.held, lines.incomplete.len()), (0, 0));
        let [out, err] = [printed.out, printed.err].map(|text| String::from_utf8(text).unwrap());
        (out, err)
    }

    fn all_of(lines: Lines, pieces: &[(Stream, &[u8])]) -> String {
        both_of(lines, pieces).0
    }

    fn short() -> Lines {
        Lines {
            longest: 8,
            most_held: 20,
            ..Lines::default()
        }
    }

    #[test]
    fn pieces_become_lines_without_control_characters() {
        let pieces: [(_, &[u8]); 2] = [
            (Stream::Stdout, b"one\x1b[2J"),
            (Stream::Stdout, b" more\r\ntwo\n\n\xffthree"),
        ];
        let wanted = "web1 | one\\u{1b}[2J more\nweb1 | two\nweb1 | \nweb1 | \u{fffd}three\n";
        assert_eq!(all_of(Lines::default(), &pieces), wanted);
    }

    #[test]
    fn a_line_of_a_megabyte_is_one_line_however_it_comes() {
        let line = "x".repeat(Lines::LONGEST);
        for size in [1000, 32_768, Lines::LONGEST] {
            let pieces: Vec<(Stream, &[u8])> = line
                .as_bytes()
                .chunks(size)
                .map(|piece| (Stream::Stdout, piece))
                .collect();
            assert_eq!(all_of(Lines::default(), &pieces), format!("web1 | {line}\n"));
        }
    }

    #[test]
    fn a_longer_line_says_where_it_was_cut_however_it_comes() {
        let text = "123456789éü0\nok\n".as_bytes();
        let wanted = "web1 | 12345678 [line cut here, after 8 bytes]\nweb1 | 9éü0\nweb1 | ok\n";
        for size in 1..text.len() {
            let pieces: Vec<(Stream, &[u8])> = text.chunks(size).map(|piece| (Stream::Stdout, piece)).collect();
            assert_eq!(all_of(short(), &pieces), wanted, "in pieces of {size}");
        }
        let pieces: [(_, &[u8]); 1] = [(Stream::Stdout, "1234567é".as_bytes())];
        assert_eq!(
            all_of(short(), &pieces),
            "web1 | 1234567 [line cut here, after 7 bytes]\nweb1 | é\n"
        );
    }

    #[test]
    fn the_last_part_of_a_line_comes_before_a_remark() {
        let pieces: [(_, &[u8]); 3] = [
            (Stream::Stdout, b"out"),
            (Stream::Stderr, b"err"),
            (Stream::Note, b"[cut]\n"),
        ];
        let (out, err) = both_of(Lines::default(), &pieces);
        assert_eq!(
            (out.as_str(), err.as_str()),
            ("web1 | out\nweb1 | [cut]\n", "web1 | err\n")
        );
    }

    #[test]
    fn lines_without_an_end_take_a_bounded_room_together() {
        let (mut lines, mut printed) = (short(), PrintedLines::default());
        for number in 1..=10 {
            let host = format!("web{number}").parse().unwrap();
            let mut chunk = chunk(&host, Stream::Stdout, b"12345");
            chunk.attempt = AttemptId::new(number);
            lines.push(&chunk, &mut printed);
            assert!(lines.held <= 20, "{}", lines.held);
        }
        let text = String::from_utf8(printed.out).unwrap();
        assert!(
            text.starts_with("web5 | 12345 [line cut here, after 5 bytes]\nweb6 | "),
            "{text}"
        );
    }
}
