//! The event log: events and hosts' output as lines of JSON.

use std::collections::BTreeMap;
use std::io;

use base64ct::{Base64, Encoding};
use pogo_core::Timestamp;
use pogo_core::dispatcher::{OutputChunk, Stream};
use pogo_core::fleet::HostName;
use pogo_core::scheduler::{AttemptId, JobId, Record};
use serde::Deserialize;

use super::terminal::json_line;
use super::visible::push_json_text;

/// Writes events and output as lines of JSON. A UTF-8 character that comes in two chunks is written whole.
#[derive(Default)]
pub(super) struct Records {
    /// The start of a character at the end of each piece that had one.
    incomplete: BTreeMap<(AttemptId, Stream), IncompleteChar>,
}

struct IncompleteChar {
    at: Timestamp,
    job: JobId,
    host: HostName,
    bytes: Vec<u8>,
}

impl Records {
    /// The version of the form of output. A reader skips what is newer.
    pub(super) const OUTPUT_VERSION: u32 = 1;

    /// Adds the line of an event, behind the output of an attempt that ends by it.
    pub(super) fn event(&mut self, record: &Record, text: &mut Vec<u8>) -> io::Result<()> {
        if let Some(attempt) = record.event.ended() {
            for stream in [Stream::Stdout, Stream::Stderr, Stream::Note] {
                self.end((attempt, stream), text);
            }
        }
        text.extend_from_slice(json_line(record)?.as_bytes());
        Ok(())
    }

    /// Adds the line of a piece of output that came at this time: text where it is text, and otherwise Base64.
    pub(super) fn output_at(&mut self, at: Timestamp, chunk: &OutputChunk<'_>, text: &mut Vec<u8>) {
        let key = (chunk.attempt, chunk.stream);
        let joined = self
            .incomplete
            .remove(&key)
            .map(|incomplete| [&incomplete.bytes, chunk.bytes].concat());
        let bytes = joined.as_deref().unwrap_or(chunk.bytes);
        let about = (at, chunk.job, chunk.host);
        match std::str::from_utf8(bytes) {
            Ok(whole) => push_line(about, key, EncodedText::Text(whole), text),
            Err(error) if error.error_len().is_none() => {
                let (whole, incomplete) = bytes.split_at(error.valid_up_to());
                push_line(about, key, EncodedText::of(whole), text);
                let (job, host, bytes) = (chunk.job, chunk.host.clone(), incomplete.to_vec());
                self.incomplete.insert(key, IncompleteChar { at, job, host, bytes });
            }
            Err(_) => push_line(about, key, EncodedText::Bytes(bytes), text),
        }
    }

    /// Adds what is left of all output.
    pub(super) fn finish(&mut self, text: &mut Vec<u8>) {
        while let Some(key) = self.incomplete.keys().next().copied() {
            self.end(key, text);
        }
    }

    /// Adds what is left of the output of an attempt.
    pub(super) fn end(&mut self, key: (AttemptId, Stream), text: &mut Vec<u8>) {
        if let Some(IncompleteChar { at, job, host, bytes }) = self.incomplete.remove(&key) {
            push_line((at, job, &host), key, EncodedText::Bytes(&bytes), text);
        }
    }
}

enum EncodedText<'a> {
    /// Output that is UTF-8.
    Text(&'a str),
    /// Other output, as Base64.
    Bytes(&'a [u8]),
}

impl<'a> EncodedText<'a> {
    fn of(bytes: &'a [u8]) -> Self {
        std::str::from_utf8(bytes).map_or(Self::Bytes(bytes), Self::Text)
    }
}

fn push_line(
    (at, job, host): (Timestamp, JobId, &HostName),
    (attempt, stream): (AttemptId, Stream),
    piece: EncodedText<'_>,
    text: &mut Vec<u8>,
) {
    if let EncodedText::Text("") | EncodedText::Bytes([]) = piece {
        return;
    }
    let version = Records::OUTPUT_VERSION;
    let (at, job, stream) = (at.as_millis(), job.number(), stream);
    let head = format!("{{\"at\":{at},\"output\":\"{stream}\",\"version\":{version},\"job\":{job},\"host\":\"");
    text.extend_from_slice(head.as_bytes());
    push_json_text(text, host.as_str());
    text.extend_from_slice(format!("\",\"attempt\":{},", attempt.number()).as_bytes());
    match piece {
        EncodedText::Text(piece) => {
            text.extend_from_slice(b"\"text\":\"");
            push_json_text(text, piece);
        }
        EncodedText::Bytes(piece) => {
            text.extend_from_slice(b"\"base64\":\"");
            text.extend_from_slice(Base64::encode_string(piece).as_bytes());
        }
    }
    text.extend_from_slice(b"\"}\n");
}

/// Whether a line of a log is output. What has a newer version is taken for some.
pub(crate) fn is_output(line: &str) -> bool {
    serde_json::from_str(line).is_ok_and(|OutputVersion { version }| version > Records::OUTPUT_VERSION)
        || serde_json::from_str(line).is_ok_and(|stored: StoredOutput| stored.bytes().is_some())
}

/// A piece of output that a log holds.
pub(crate) struct LoggedOutput {
    pub(crate) at: Timestamp,
    job: JobId,
    host: HostName,
    attempt: AttemptId,
    stream: Stream,
    bytes: Vec<u8>,
}

impl LoggedOutput {
    /// Reads a line; `None` where it is something else, or of a newer form.
    pub(crate) fn read(line: &str) -> Option<Self> {
        let stored: StoredOutput = serde_json::from_str(line).ok()?;
        let (at, job, host, attempt) = (stored.at, stored.job, stored.host.clone(), stored.attempt);
        let stream = stored.output.parse().ok()?;
        let bytes = stored.bytes()?;
        Some(Self {
            at,
            job,
            host,
            attempt,
            stream,
            bytes,
        })
    }

    /// The bytes as they came.
    pub(crate) fn chunk(&self) -> OutputChunk<'_> {
        OutputChunk::new(self.job, self.attempt, &self.host, self.stream, &self.bytes)
    }
}

#[derive(Deserialize)]
struct OutputVersion {
    version: u32,
}

/// A line of output as it is stored.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct StoredOutput {
    at: Timestamp,
    output: String,
    #[serde(rename = "version")]
    _version: u32,
    job: JobId,
    host: HostName,
    attempt: AttemptId,
    text: Option<String>,
    base64: Option<String>,
}

impl StoredOutput {
    /// The host's output; `None` if the line is damaged.
    fn bytes(self) -> Option<Vec<u8>> {
        match (self.output.as_str(), self.text, self.base64) {
            ("stdout" | "stderr" | "note", Some(text), None) => Some(text.into_bytes()),
            ("stdout" | "stderr" | "note", None, Some(base64)) => Base64::decode_vec(&base64).ok(),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use pogo_core::scheduler::{Event, TaskEventKind};

    use super::*;

    fn lines(pieces: &[(Stream, &[u8])]) -> Vec<String> {
        let (host, mut records, mut text) = ("web1".parse().unwrap(), Records::default(), Vec::new());
        for (stream, bytes) in pieces {
            let chunk = OutputChunk::new(JobId::new(1), AttemptId::new(7), &host, *stream, bytes);
            records.output_at(Timestamp::EPOCH, &chunk, &mut text);
        }
        records.finish(&mut text);
        let text = String::from_utf8(text).unwrap();
        text.lines().map(str::to_owned).collect()
    }

    /// Everything that lines hold of one stream.
    fn stored(lines: &[String], stream: &str) -> Vec<u8> {
        let stored = lines.iter().map(|line| serde_json::from_str(line).unwrap());
        let of_stream = stored.filter(|stored: &StoredOutput| stored.output == stream);
        of_stream.flat_map(|stored| stored.bytes().unwrap()).collect()
    }

    /// All but the time.
    fn without_time(line: &str) -> String {
        let (_, rest) = line.split_once(',').unwrap();
        format!("{{{rest}")
    }

    #[test]
    fn the_form_of_output_is_that_of_the_golden_file() {
        let lines = lines(&[
            (Stream::Stdout, b"one\ntwo \"2\" \\ \t\x1b[2J\n"),
            (Stream::Stderr, "Gr\u{fc}\u{df}e \u{202e}\n".as_bytes()),
            (Stream::Stdout, b"\xff\xfe\0"),
            (Stream::Note, b"[output cut here]\n"),
        ]);
        let written: String = lines.iter().map(|line| without_time(line) + "\n").collect();
        assert_eq!(written, include_str!("../../tests/golden/output.jsonl"));
    }

    #[test]
    fn the_golden_file_is_read() {
        for line in include_str!("../../tests/golden/output.jsonl").lines() {
            let line = line.replacen('{', "{\"at\":5,", 1);
            assert!(is_output(&line), "{line}");
            assert!(
                !is_output(&line.replace("\"version\":1", "\"version\":0,\"more\":1")),
                "{line}"
            );
            assert!(
                is_output(&line.replace("\"version\":1", "\"version\":2,\"more\":1")),
                "{line}"
            );
        }
        assert!(!is_output(r#"{"at":5,"event":"job_halted","job":1}"#));
    }

    #[test]
    fn a_character_in_two_pieces_stays_text() {
        for text in ["h\u{e9}llo \u{1f680} \u{65e5}\u{672c}", "\u{1f680}"] {
            for at in 0..=text.len() {
                let (one, other) = text.as_bytes().split_at(at);
                let lines = lines(&[(Stream::Stdout, one), (Stream::Stderr, b"x"), (Stream::Stdout, other)]);
                assert!(lines.iter().all(|line| !line.contains("base64")), "{lines:?}");
                assert_eq!(stored(&lines, "stdout"), text.as_bytes());
            }
        }
    }

    #[test]
    fn the_end_of_an_attempt_comes_behind_its_output() {
        let (host, mut records, mut text): (HostName, _, _) = ("web1".parse().unwrap(), Records::default(), Vec::new());
        let chunk = OutputChunk::new(JobId::new(1), AttemptId::new(7), &host, Stream::Stdout, b"\xc3");
        records.output_at(Timestamp::EPOCH, &chunk, &mut text);
        let (at, attempt) = (Timestamp::EPOCH, chunk.attempt);
        let event = Event::of_task(
            JobId::new(1),
            host.clone(),
            TaskEventKind::Succeeded { attempt, output: None },
        );
        records.event(&Record::new(at, event), &mut text).unwrap();
        let text = String::from_utf8(text).unwrap();
        let (first, second) = text.split_once('\n').unwrap();
        assert!(
            first.contains("\"base64\":\"ww==\"") && second.contains("task_succeeded"),
            "{text}"
        );
    }

    #[test]
    fn any_bytes_in_any_pieces_come_back() {
        let seed = std::hash::BuildHasher::hash_one(&std::hash::RandomState::new(), 0);
        let mut drawn = seed;
        let mut draw = move |below: usize| {
            drawn = drawn.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            usize::try_from(drawn >> 33).unwrap() % below
        };
        for _ in 0..2_000 {
            let all: Vec<u8> = (0..draw(40))
                .flat_map(|_| match draw(5) {
                    0 => vec![u8::try_from(draw(256)).unwrap()],
                    1 => "\u{1f680}".into(),
                    2 => "\u{e9}".into(),
                    3 => b"\n\"\\\x7f".to_vec(),
                    _ => b"text of a line that is longer than a block is".to_vec(),
                })
                .collect();
            let mut pieces: Vec<(Stream, &[u8])> = Vec::new();
            let mut rest = all.as_slice();
            while !rest.is_empty() {
                let (piece, more) = rest.split_at(1 + draw(rest.len()));
                pieces.push((Stream::Stdout, piece));
                rest = more;
            }
            let lines = lines(&pieces);
            assert_eq!(stored(&lines, "stdout"), all, "seed {seed}");
            let raw = lines.iter().flat_map(|line| line.chars()).any(char::is_control);
            assert!(
                !raw && lines.iter().all(|line| is_output(line)),
                "seed {seed}: {lines:?}"
            );
        }
    }
}
