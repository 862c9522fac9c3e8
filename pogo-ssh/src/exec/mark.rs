//! Parses pogo's own marks in a host's standard error and removes them from the output.

use memchr::memchr;
use pogo_core::scheduler::Phase;

use super::script::phase_name;
use super::signal::signal_of;

/// The process group of a step, on its host.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ProcessGroup {
    /// The step leads the group with this number.
    Led(u32),
    /// The step is this process, in a group with others.
    Shared(u32),
}

/// A parsed mark.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Mark {
    /// The step begins.
    Begun(ProcessGroup),
    /// This hook failed.
    Hook(String),
    /// A password prompt with this secret word.
    Password(String),
    /// The script gave up, for this reason.
    Refused(String),
    /// This phase was entered.
    Phase(Phase),
    /// The command has ended with this status, and other steps may follow.
    Ended(u32),
    /// The command was ended by this signal.
    Killed(String),
    /// The session has ended with this status.
    Done(u32),
    /// The host's boot id.
    Boot(String),
    /// The session waits for `go` in this way.
    Ready(Ready),
    /// Another command holds the host's lock, or its process group still runs.
    Busy(String),
    /// The attempt ended before it began, for this reason.
    Never(String),
    /// The answer to a question about an earlier attempt.
    Found(String),
    /// A file is in place; its path is removed after the attempt.
    Sent(String),
}

/// How a session waits for `go`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Ready {
    /// It holds the host lock and has written its record.
    pub(crate) host_lock: bool,
    /// Its shell reports how the command ended.
    pub(crate) reports_end: bool,
}

impl Ready {
    /// Reads what follows the word.
    pub(crate) fn read(words: &str) -> Option<Self> {
        let (host_lock, reports_end) = match words.split(' ').next()? {
            "lock" => (true, true),
            "held" => (false, true),
            "none" => (false, false),
            _ => return None,
        };
        Some(Self { host_lock, reports_end })
    }
}

/// The first byte of every mark (record separator), which is rare in other output.
const FIRST: u8 = 0x1e;
/// The longest mark in bytes; a longer line is output.
const LONGEST: usize = 1024;

/// Separates marks from output in a stream of chunks.
#[derive(Debug)]
pub(crate) struct MarkParser {
    prefix: Vec<u8>,
    /// Bytes that may be the beginning of a mark.
    held: Vec<u8>,
}

impl MarkParser {
    /// Parses marks with this prefix.
    pub(crate) fn new(prefix: &str) -> Self {
        Self {
            prefix: prefix.as_bytes().to_vec(),
            held: Vec::new(),
        }
    }

    /// Adds a chunk; returns its output without marks, and the complete marks.
    pub(crate) fn take(&mut self, piece: &[u8]) -> (Vec<u8>, Vec<Mark>) {
        let (mut rest, mut marks) = (Vec::with_capacity(piece.len()), Vec::new());
        let mut piece = piece;
        loop {
            if self.held.is_empty() {
                // Runs of output are copied whole: pushing each byte of standard error by itself was slow.
                let next = memchr(FIRST, piece).unwrap_or(piece.len());
                let (clean, more) = piece.split_at(next);
                rest.extend_from_slice(clean);
                piece = more;
            }
            piece = self.hold_run(piece);
            let Some((&byte, more)) = piece.split_first() else {
                break;
            };
            self.hold(byte, &mut rest, &mut marks);
            piece = more;
        }
        (rest, marks)
    }

    /// The bytes held back as a possible mark.
    pub(crate) fn finish(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.held)
    }

    /// Holds what is certainly part of a mark; returns what comes after it.
    // Every session has some marks, and looking at each byte by itself cost more than decrypting them.
    fn hold_run<'a>(&mut self, piece: &'a [u8]) -> &'a [u8] {
        let mut piece = piece;
        if self.held.is_empty()
            && let Some(rest) = piece.strip_prefix(self.prefix.as_slice())
        {
            self.held.extend_from_slice(&self.prefix);
            piece = rest;
        }
        if self.held.len() < self.prefix.len() {
            return piece;
        }
        let text = memchr(b'\n', piece).unwrap_or(piece.len());
        let (text, rest) = piece.split_at(text.min(LONGEST.saturating_sub(self.held.len())));
        self.held.extend_from_slice(text);
        rest
    }

    fn hold(&mut self, byte: u8, rest: &mut Vec<u8>, marks: &mut Vec<Mark>) {
        self.held.push(byte);
        let so_far = self.held.len().min(self.prefix.len());
        let fits = self.held.get(..so_far) == self.prefix.get(..so_far);
        if !fits || self.held.len() > LONGEST {
            rest.append(&mut self.held);
            // The byte that ended this candidate may start the next one.
            if byte == FIRST {
                rest.pop();
                self.held.push(FIRST);
            }
            return;
        }
        if byte == b'\n' {
            let line = std::mem::take(&mut self.held);
            let text = line.get(self.prefix.len()..line.len() - 1).unwrap_or_default();
            // A terminal ends lines with CR LF.
            let text = text.strip_suffix(b"\r").unwrap_or(text);
            match read_mark(text) {
                Some(mark) => marks.push(mark),
                // A line that only begins like a mark is the host's output, and none of it may be
                // lost.
                None => rest.extend_from_slice(&line),
            }
        }
    }
}

fn read_mark(text: &[u8]) -> Option<Mark> {
    let text = String::from_utf8_lossy(text);
    let (word, rest) = text.split_once(' ')?;
    match word {
        "begun" => {
            let (id, kind) = rest.split_once(' ')?;
            // `kill -- -1` would signal every process of the machine, and 0 the caller's own group.
            let id = id.parse().ok().filter(|id| *id > 1)?;
            match kind {
                "group" => Some(Mark::Begun(ProcessGroup::Led(id))),
                "alone" => Some(Mark::Begun(ProcessGroup::Shared(id))),
                _ => None,
            }
        }
        "phase" => {
            let is_named = |phase: &Phase| phase_name(*phase) == rest;
            let phases = [Phase::PreHook, Phase::Command, Phase::PostHook];
            phases.into_iter().find(is_named).map(Mark::Phase)
        }
        "ended" => rest.parse().ok().map(Mark::Ended),
        "killed" => Some(Mark::Killed(signal_name(rest)?)),
        "done" => rest.parse().ok().map(Mark::Done),
        "boot" => Some(Mark::Boot(rest.to_owned())),
        "hook" => Some(Mark::Hook(rest.to_owned())),
        "password" => Some(Mark::Password(rest.to_owned())),
        "refused" => Some(Mark::Refused(rest.to_owned())),
        "ready" => Ready::read(rest).map(Mark::Ready),
        "busy" => Some(Mark::Busy(rest.to_owned())),
        "found" => Some(Mark::Found(rest.to_owned())),
        "never" => Some(Mark::Never(rest.to_owned())),
        "sent" => Some(Mark::Sent(rest.to_owned())),
        _ => None,
    }
}

/// A signal's name. Some shells (busybox, mksh, zsh) know only the numbers of real-time signals.
fn signal_name(text: &str) -> Option<String> {
    if let Ok(number) = text.parse::<u32>() {
        let status = if number > 128 { number } else { 128 + number };
        return Some(signal_of(status).map_or_else(|| text.to_owned(), str::to_owned));
    }
    let is_name = (1..=16).contains(&text.len())
        && text
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"+-".contains(&byte));
    is_name.then(|| text.strip_prefix("SIG").unwrap_or(text).to_owned())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const PREFIX: &str = "\x1epogo a17 ";

    fn all_of(pieces: &[&[u8]]) -> (Vec<u8>, Vec<Mark>) {
        let mut marks = MarkParser::new(PREFIX);
        let (mut rest, mut found) = (Vec::new(), Vec::new());
        for piece in pieces {
            let (more, marks) = marks.take(piece);
            rest.extend(more);
            found.extend(marks);
        }
        rest.extend(marks.finish());
        (rest, found)
    }

    proptest! {
        #[test]
        fn marks_are_taken_out_wherever_the_pieces_are_cut(
            before in "[a-z\x1e\n]{0,10}",
            after in "[a-z\x1e\n]{0,10}",
            cuts in proptest::collection::vec(0usize..60, 0..5)
        ) {
            let text = format!("{before}{PREFIX}begun 4711 group\n{after}");
            let mut cuts: Vec<usize> = cuts.into_iter().map(|cut| cut.min(text.len())).collect();
            cuts.extend([0, text.len()]);
            cuts.sort_unstable();
            let pieces: Vec<&[u8]> = cuts.windows(2).map(|cut| &text.as_bytes()[cut[0]..cut[1]]).collect();
            let (rest, found) = all_of(&pieces);
            prop_assert_eq!(String::from_utf8(rest).unwrap(), format!("{before}{after}"));
            prop_assert_eq!(found, vec![Mark::Begun(ProcessGroup::Led(4711))]);
        }

        #[test]
        fn what_is_no_mark_passes_unchanged(
            bytes in proptest::collection::vec(prop_oneof![Just(0x1e), Just(b'p'), any::<u8>()], 0..50)
        ) {
            let (rest, found) = all_of(&[&bytes]);
            prop_assert_eq!(rest, bytes);
            prop_assert_eq!(found, vec![]);
        }
    }

    #[test]
    fn marks_of_another_attempt_are_output() {
        let other = b"\x1epogo a18 begun 5 group\n";
        assert_eq!(all_of(&[other]), (other.to_vec(), vec![]));
    }

    #[test]
    fn a_mark_of_nonsense_is_output() {
        for text in [
            "begun x group\n",
            "begun 1 group\n",
            "begun 0 alone\n",
            "begun 5 many\n",
            "what\n",
            "phase connect\n",
            "ended x\n",
            "killed \n",
            "killed \x1b[2J\n",
        ] {
            let bytes = format!("{PREFIX}{text}").into_bytes();
            assert_eq!(all_of(&[&bytes]), (bytes, vec![]));
        }
    }
}
