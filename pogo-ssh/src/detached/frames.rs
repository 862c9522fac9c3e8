//! What the host says of a detached attempt: frames on one channel.

use pogo_core::dispatcher::Stream;
use pogo_core::scheduler::AttemptId;

use crate::exec::{ExitStatus, LastLine, Ready, ran_something_else};

/// One thing that the host says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum HostFrame {
    /// A piece of the attempt's output.
    Output(Stream, Vec<u8>),
    /// So many bytes of this stream were dropped on the host, here.
    Cut(Stream, u64),
    /// How far the attempt is.
    State(String),
    /// That was all, and the state before was the last.
    End,
    /// Nothing runs it any more, and no end was recorded.
    Dead,
    /// The host cannot do it, for this reason.
    Refused(String),
    /// The launcher waits for the word to go; nothing has run.
    Ready(Ready),
    /// Another command runs on the host, of which this is known.
    Busy(String),
    /// It did not begin, for this reason.
    Never(String),
}

/// Something that is not a frame was received.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the host's account of the attempt is malformed")]
pub(super) struct MalformedFrame;

/// No line before output is longer.
const LONGEST_LINE: usize = 4096;

/// The line that frames begin after, without the byte before it that is rare otherwise.
pub(super) fn first_line(attempt: AttemptId) -> String {
    format!("pogo {attempt} follows")
}

/// Takes frames out of a stream that comes in pieces.
#[derive(Debug)]
pub(super) struct FrameParser {
    first: Vec<u8>,
    begun: bool,
    /// What the host says before.
    last_line: LastLine,
    held: Vec<u8>,
    /// The output frame under way, and how many bytes of it are still to come.
    output: Option<(Stream, usize)>,
}

impl FrameParser {
    pub(super) fn new(attempt: AttemptId) -> Self {
        Self {
            first: format!("\x1e{}\n", first_line(attempt)).into_bytes(),
            begun: false,
            last_line: LastLine::default(),
            held: Vec::new(),
            output: None,
        }
    }

    /// Takes a piece. Output is passed on as it comes, so that every byte that came is counted.
    pub(super) fn take(&mut self, piece: &[u8]) -> Result<Vec<HostFrame>, MalformedFrame> {
        self.held.extend_from_slice(piece);
        let mut frames = Vec::new();
        if !self.begun {
            self.skip_noise();
        }
        while self.begun
            && let Some(frame) = self.next()?
        {
            frames.push(frame);
        }
        Ok(frames)
    }

    /// A login shell may print whatever it likes before the first frame.
    fn skip_noise(&mut self) {
        let found = self.held.windows(self.first.len()).position(|part| part == self.first);
        self.begun = found.is_some();
        // The last bytes may be the start of the line.
        let noise = match found {
            Some(at) => at + self.first.len(),
            None => self.held.len().saturating_sub(self.first.len()),
        };
        let noise: Vec<u8> = self.held.drain(..noise).collect();
        self.last_line.push(&noise);
    }

    /// Takes what is no part of the account.
    pub(super) fn hear(&mut self, bytes: &[u8]) {
        if !self.begun {
            self.last_line.push(bytes);
        }
    }

    /// Why there is no account, where the host ended with this status before it began one.
    pub(super) fn never_began(&mut self, status: u32) -> Option<String> {
        if self.begun {
            return None;
        }
        let held = std::mem::take(&mut self.held);
        self.last_line.push(&held);
        Some(self.last_line.explain(ran_something_else(&ExitStatus::Code(status))))
    }

    fn next(&mut self) -> Result<Option<HostFrame>, MalformedFrame> {
        if let Some((stream, left)) = self.output {
            let rest = self.held.split_off(self.held.len().min(left));
            let bytes = std::mem::replace(&mut self.held, rest);
            let left = left - bytes.len();
            self.output = (left > 0).then_some((stream, left));
            return Ok((!bytes.is_empty()).then_some(HostFrame::Output(stream, bytes)));
        }
        let Some(end) = self.held.iter().position(|byte| *byte == b'\n') else {
            return if self.held.len() > LONGEST_LINE {
                Err(MalformedFrame)
            } else {
                Ok(None)
            };
        };
        let rest = self.held.split_off(end + 1);
        let line = std::mem::replace(&mut self.held, rest);
        let line = String::from_utf8_lossy(&line);
        let line = line.trim_end();
        let (word, rest) = line.split_once(' ').unwrap_or((line, ""));
        let frame = match word {
            "o" => return self.output_follows(Stream::Stdout, rest),
            "e" => return self.output_follows(Stream::Stderr, rest),
            "c" => cut(rest)?,
            "s" => HostFrame::State(rest.trim().to_owned()),
            "end" => HostFrame::End,
            "dead" => HostFrame::Dead,
            // The gate, which attempts that are not detached pass as well, says it the second way.
            "refuse" | "refused" => HostFrame::Refused(rest.to_owned()),
            "ready" => HostFrame::Ready(Ready::read(rest).ok_or(MalformedFrame)?),
            "busy" => HostFrame::Busy(rest.to_owned()),
            "never" => HostFrame::Never(rest.to_owned()),
            _ => return Err(MalformedFrame),
        };
        Ok(Some(frame))
    }

    fn output_follows(&mut self, stream: Stream, length: &str) -> Result<Option<HostFrame>, MalformedFrame> {
        let length = length.parse().map_err(|_| MalformedFrame)?;
        self.output = Some((stream, length)).filter(|(_, length)| *length > 0);
        self.next()
    }
}

/// Which stream lacks how many bytes.
fn cut(words: &str) -> Result<HostFrame, MalformedFrame> {
    let (stream, missing) = words.split_once(' ').ok_or(MalformedFrame)?;
    let stream = match stream {
        "o" => Stream::Stdout,
        "e" => Stream::Stderr,
        _ => return Err(MalformedFrame),
    };
    Ok(HostFrame::Cut(stream, missing.parse().map_err(|_| MalformedFrame)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_are_found_wherever_the_pieces_are_cut() {
        let text = b"welcome\n\x1epogo\n\x1epogo a17 follows\ns begun command\no 5\no 3\nxe 2\n\
            \xff\xffs ended command 0\nc e 12\nend\n";
        for cut in 0..=text.len() {
            let mut frames = FrameParser::new(AttemptId::new(17));
            let (one, two) = text.split_at(cut);
            let mut found = frames.take(one).unwrap();
            found.extend(frames.take(two).unwrap());
            let (mut out, mut rest) = (Vec::new(), Vec::new());
            for frame in found {
                match frame {
                    HostFrame::Output(Stream::Stdout, bytes) => out.extend(bytes),
                    HostFrame::Output(_, _) => {}
                    other => rest.push(other),
                }
            }
            assert_eq!(out, b"o 3\nx");
            let states = ["begun command", "ended command 0"].map(|state| HostFrame::State(state.to_owned()));
            let [begun, ended] = states;
            assert_eq!(rest, [begun, ended, HostFrame::Cut(Stream::Stderr, 12), HostFrame::End]);
        }
    }

    #[test]
    fn what_is_no_frame_is_refused() {
        let mut frames = FrameParser::new(AttemptId::new(17));
        assert_eq!(frames.take(b"\x1epogo a17 follows\nwhat\n"), Err(MalformedFrame));
        let mut frames = FrameParser::new(AttemptId::new(17));
        assert_eq!(frames.take(b"\x1epogo a17 follows\no many\n"), Err(MalformedFrame));
        for cut in ["c o\n", "c x 1\n", "c o many\n", "c\n"] {
            let mut frames = FrameParser::new(AttemptId::new(17));
            let text = format!("\x1epogo a17 follows\n{cut}");
            assert_eq!(frames.take(text.as_bytes()), Err(MalformedFrame));
        }
    }
}
