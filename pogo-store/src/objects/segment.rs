//! An object: what several attempts wrote in a stretch of time.

use std::collections::BTreeMap;
use std::io::{self, Read};
use std::sync::Arc;

use pogo_core::fleet::HostName;
use pogo_core::output::{OutputFrame, OutputSource, Stream};
use pogo_core::scheduler::{AttemptId, JobId};
use pogo_core::{Digest, Timestamp};
use serde::{Deserialize, Serialize};

use super::names::SegmentId;
use crate::compressed::compress;

/// The version comes first, and is not compressed.
const MAGIC: &[u8] = b"pogo output 1\n";

/// No segment is nearly as large; what was put in its place by others may be.
const MOST: u64 = 64 << 20;

/// What several attempts of a job wrote, and the ends of some.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Segment {
    pub(super) frames: Vec<OutputFrame>,
    pub(super) seals: Vec<Seal>,
}

/// The end of an attempt: what is kept of it, and where. What else there may be of it was given up, or was written by
/// somebody who did not own the namespace any more.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Seal {
    pub(super) source: Arc<OutputSource>,
    pub(super) length: u64,
    pub(super) digest: Digest,
    pub(super) runs: Vec<Run>,
}

/// A stretch of a stream, all of it in one segment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Run {
    #[serde(rename = "in")]
    pub(super) segment: SegmentId,
    pub(super) stream: Stream,
    pub(super) offset: u64,
    pub(super) length: u64,
}

impl Run {
    pub(super) fn end(&self) -> u64 {
        self.offset.saturating_add(self.length)
    }
}

/// What stands in front of the bytes, as JSON: sources are named once.
#[derive(Debug, Serialize, Deserialize)]
struct Header {
    attempts: Vec<(AttemptId, HostName)>,
    pieces: Vec<Piece>,
    seals: Vec<SealLine>,
}

/// Bytes of a stream; they follow those of the piece before it.
#[derive(Debug, Serialize, Deserialize)]
struct Piece {
    of: usize,
    stream: Stream,
    offset: u64,
    at: Timestamp,
    length: usize,
}

#[derive(Debug, Serialize, Deserialize)]
struct SealLine {
    of: usize,
    length: u64,
    digest: Digest,
    runs: Vec<Run>,
}

/// As much as a segment may have, and a byte.
fn decompress(compressed: &[u8]) -> io::Result<Vec<u8>> {
    let mut content = vec![];
    zstd::Decoder::new(compressed)?
        .take(MOST + 1)
        .read_to_end(&mut content)?;
    Ok(content)
}

/// Sources in the order in which they were named first.
#[derive(Default)]
struct Sources {
    all: Vec<(AttemptId, HostName)>,
    indexes: BTreeMap<AttemptId, usize>,
}

impl Sources {
    fn index(&mut self, source: &OutputSource) -> usize {
        *self.indexes.entry(source.attempt).or_insert_with(|| {
            self.all.push((source.attempt, source.host.clone()));
            self.all.len() - 1
        })
    }
}

impl Segment {
    /// As it is stored.
    pub(super) fn encode(&self) -> io::Result<Vec<u8>> {
        let mut sources = Sources::default();
        let mut pieces = Vec::with_capacity(self.frames.len());
        for frame in &self.frames {
            pieces.push(Piece {
                of: sources.index(&frame.source),
                stream: frame.stream,
                offset: frame.offset,
                at: frame.at,
                length: frame.bytes.len(),
            });
        }
        let mut seals = Vec::with_capacity(self.seals.len());
        for seal in &self.seals {
            seals.push(SealLine {
                of: sources.index(&seal.source),
                length: seal.length,
                digest: seal.digest,
                runs: seal.runs.clone(),
            });
        }
        let header = Header {
            attempts: sources.all,
            pieces,
            seals,
        };
        let mut content = serde_json::to_vec(&header)?;
        content.push(b'\n');
        for frame in &self.frames {
            content.extend_from_slice(&frame.bytes);
        }
        let mut bytes = MAGIC.to_vec();
        bytes.extend(compress(&content)?);
        Ok(bytes)
    }

    /// Reads a segment of a job. Its checksum is that of the compression.
    ///
    /// # Errors
    /// What is wrong with it, for people.
    pub(super) fn decode(job: JobId, bytes: &[u8]) -> Result<Self, String> {
        let Some(compressed) = bytes.strip_prefix(MAGIC) else {
            return Err(match bytes.starts_with(b"pogo output ") {
                true => "it is of a newer version; use the version of pogo that wrote it, or a newer one".to_owned(),
                false => "it is no output of pogo".to_owned(),
            });
        };
        let content = decompress(compressed).map_err(|error| format!("it cannot be decompressed: {error}"))?;
        if content.len() as u64 > MOST {
            return Err("it is larger than any that pogo writes".to_owned());
        }
        let end = memchr::memchr(b'\n', &content).unwrap_or(content.len());
        let (header, rest) = content.split_at(end);
        let header: Header = serde_json::from_slice(header).map_err(|error| error.to_string())?;
        let sources: Vec<_> = header
            .attempts
            .into_iter()
            .map(|(attempt, host)| Arc::new(OutputSource::new(job, host, attempt)))
            .collect();
        let source = |of: usize| {
            sources
                .get(of)
                .cloned()
                .ok_or("it names no attempt of its own".to_owned())
        };
        let mut rest = rest.strip_prefix(b"\n").unwrap_or_default();
        let mut frames = Vec::with_capacity(header.pieces.len());
        for piece in header.pieces {
            let (bytes, others) = rest.split_at_checked(piece.length).ok_or("it is cut off")?;
            rest = others;
            frames.push(OutputFrame::new(
                source(piece.of)?,
                piece.stream,
                piece.offset,
                piece.at,
                bytes,
            ));
        }
        let seals = header.seals.into_iter().map(|seal| {
            Ok(Seal {
                source: source(seal.of)?,
                length: seal.length,
                digest: seal.digest,
                runs: seal.runs,
            })
        });
        let seals = seals.collect::<Result<_, String>>()?;
        Ok(Self { frames, seals })
    }

    /// What it takes in memory, about.
    pub(super) fn size(&self) -> usize {
        let frames: usize = self.frames.iter().map(|frame| frame.bytes.len() + 96).sum();
        let seals: usize = self.seals.iter().map(|seal| 128 + seal.runs.len() * 64).sum();
        frames + seals
    }

    /// The first and the last attempt in it.
    pub(super) fn attempts(&self) -> Option<(AttemptId, AttemptId)> {
        let of_frames = self.frames.iter().map(|frame| frame.source.attempt);
        let all = of_frames.chain(self.seals.iter().map(|seal| seal.source.attempt));
        all.fold(None, |range, attempt| {
            let (first, last) = range.unwrap_or((attempt, attempt));
            Some((attempt.min(first), attempt.max(last)))
        })
    }

    pub(super) fn frames_of(&self, attempt: AttemptId) -> impl Iterator<Item = &OutputFrame> {
        self.frames.iter().filter(move |frame| frame.source.attempt == attempt)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::objects::names::WriterId;

    fn segment() -> Segment {
        let source = |attempt: u64| {
            let host = format!("web{attempt}").parse().unwrap();
            Arc::new(OutputSource::new(JobId::new(7), host, AttemptId::new(attempt)))
        };
        let frame = |attempt, stream, offset, bytes: &[u8]| {
            OutputFrame::new(source(attempt), stream, offset, Timestamp::from_millis(5_000), bytes)
        };
        let run = Run {
            segment: SegmentId {
                writer: WriterId { epoch: 5, nonce: 10 },
                number: 1,
            },
            stream: Stream::Stdout,
            offset: 0,
            length: 3,
        };
        Segment {
            frames: vec![
                frame(4, Stream::Stdout, 0, b"one"),
                frame(9, Stream::Stderr, 17, b"\n{}\xff"),
                frame(4, Stream::Stdout, 3, b" two"),
            ],
            seals: vec![Seal {
                source: source(3),
                length: 3,
                digest: Digest::of(b"one"),
                runs: vec![run],
            }],
        }
    }

    #[test]
    fn a_segment_is_read_as_it_was_written() {
        let bytes = segment().encode().unwrap();
        assert_eq!(Segment::decode(JobId::new(7), &bytes), Ok(segment()));
        assert_eq!(segment().attempts(), Some((AttemptId::new(3), AttemptId::new(9))));
        let nothing = Segment::default();
        assert_eq!(Segment::decode(JobId::new(7), &nothing.encode().unwrap()), Ok(nothing));
    }

    #[test]
    fn the_form_of_a_segment_is_for_ever() {
        let bytes = segment().encode().unwrap();
        let content = zstd::decode_all(bytes.strip_prefix(b"pogo output 1\n").unwrap()).unwrap();
        let expected = concat!(
            r#"{"attempts":[[4,"web4"],[9,"web9"],[3,"web3"]],"#,
            r#""pieces":[{"of":0,"stream":"stdout","offset":0,"at":5000,"length":3},"#,
            r#"{"of":1,"stream":"stderr","offset":17,"at":5000,"length":4},"#,
            r#"{"of":0,"stream":"stdout","offset":3,"at":5000,"length":4}],"#,
            r#""seals":[{"of":2,"length":3,"#,
            r#""digest":"7692c3ad3540bb803c020b3aee66cd8887123234ea0c6e7143c0add73ff431ed","#,
            r#""runs":[{"in":"5-000000000000000a-1","stream":"stdout","offset":0,"length":3}]}]}"#,
            r"\none\n{}\xff two",
        );
        assert_eq!(content.escape_ascii().to_string().replace(r#"\""#, "\""), expected);
    }

    #[test]
    fn a_segment_that_is_damaged_or_of_another_version_is_refused() {
        let bytes = segment().encode().unwrap();
        for cut in 0..bytes.len() {
            assert!(Segment::decode(JobId::new(7), &bytes[..cut]).is_err(), "{cut}");
        }
        for bit in 0..bytes.len() * 8 {
            let mut flipped = bytes.clone();
            flipped[bit / 8] ^= 1 << (bit % 8);
            let read = Segment::decode(JobId::new(7), &flipped);
            // A header of the compression has bits that mean nothing.
            assert!(read.is_err() || read == Ok(segment()), "{bit}");
        }
        let large = compress(&vec![0; MOST as usize + 1]).unwrap();
        let large = Segment::decode(JobId::new(7), &[MAGIC, &large].concat()).unwrap_err();
        assert!(large.contains("larger than any"), "{large}");
        let newer = Segment::decode(JobId::new(7), b"pogo output 2\nsomething").unwrap_err();
        assert!(newer.contains("newer version"), "{newer}");
    }
}
