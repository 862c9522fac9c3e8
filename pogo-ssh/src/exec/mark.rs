//! Our own marks in a host's standard error: found, and taken out of it.

use memchr::memchr;

/// The process group of a step, on its host.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Group {
    /// The step leads a group of this number.
    Led(u32),
    /// The step is this process, in a group with others.
    Shared(u32),
}

/// What a mark says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Mark {
    /// The step begins.
    Begun(Group),
    /// This hook failed.
    Hook(String),
    /// Somebody asks for a password, with this word.
    Password(String),
    /// It goes no further, for this reason.
    Refused(String),
    /// It has ended with this status.
    Ended(u32),
    /// A file is in place; this is what is to be removed afterwards.
    Sent(String),
}

/// A byte that starts every mark, and is rare otherwise.
const FIRST: u8 = 0x1e;
/// No mark is longer; what goes on beyond is not a mark.
const LONGEST: usize = 1024;

/// Takes marks out of a stream that comes in pieces.
#[derive(Debug)]
pub(crate) struct Marks {
    prefix: Vec<u8>,
    /// What may become a mark.
    held: Vec<u8>,
    /// How many more marks to look for.
    left: usize,
    /// Whether what has begun writes no more of them.
    until_begun: bool,
}

impl Marks {
    /// Looks for marks that start like this, and for no more than `most`: what follows is the host's own.
    pub(crate) fn new(prefix: &str, most: usize) -> Self {
        Self {
            prefix: prefix.as_bytes().to_vec(),
            held: Vec::new(),
            left: most,
            until_begun: false,
        }
    }

    /// Looks for no more after the one that says that it begins.
    pub(crate) fn until_begun(mut self) -> Self {
        self.until_begun = true;
        self
    }

    /// Takes a piece; gives what is not part of a mark, and the marks that are complete.
    pub(crate) fn take(&mut self, piece: &[u8]) -> (Vec<u8>, Vec<Mark>) {
        let (mut rest, mut marks) = (Vec::with_capacity(piece.len()), Vec::new());
        let mut piece = piece;
        loop {
            if self.held.is_empty() {
                let next = match self.left {
                    0 => None,
                    _ => memchr(FIRST, piece),
                };
                let (clean, more) = piece.split_at(next.unwrap_or(piece.len()));
                rest.extend_from_slice(clean);
                piece = more;
            }
            let Some((&byte, more)) = piece.split_first() else {
                break;
            };
            self.hold(byte, &mut rest, &mut marks);
            piece = more;
        }
        (rest, marks)
    }

    /// What was held back and turned out to be nothing.
    pub(crate) fn finish(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.held)
    }

    fn hold(&mut self, byte: u8, rest: &mut Vec<u8>, marks: &mut Vec<Mark>) {
        self.held.push(byte);
        let so_far = self.held.len().min(self.prefix.len());
        let fits = self.left > 0 && self.held.get(..so_far) == self.prefix.get(..so_far);
        if !fits || self.held.len() > LONGEST {
            rest.append(&mut self.held);
            // The byte that broke one may start another.
            if byte == FIRST && self.left > 0 {
                rest.pop();
                self.held.push(FIRST);
            }
            return;
        }
        if byte == b'\n' {
            let line = std::mem::take(&mut self.held);
            let text = line.get(self.prefix.len()..line.len() - 1).unwrap_or_default();
            // A terminal may end lines in its own way.
            let text = text.strip_suffix(b"\r").unwrap_or(text);
            match read_mark(text) {
                Some(mark) => {
                    let is_last = self.until_begun && matches!(mark, Mark::Begun(_));
                    self.left = if is_last { 0 } else { self.left - 1 };
                    marks.push(mark);
                }
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
            // Group 1 would be all of the machine's, and 0 our own.
            let id = id.parse().ok().filter(|id| *id > 1)?;
            match kind {
                "group" => Some(Mark::Begun(Group::Led(id))),
                "alone" => Some(Mark::Begun(Group::Shared(id))),
                _ => None,
            }
        }
        "ended" => rest.parse().ok().map(Mark::Ended),
        "hook" => Some(Mark::Hook(rest.to_owned())),
        "password" => Some(Mark::Password(rest.to_owned())),
        "refused" => Some(Mark::Refused(rest.to_owned())),
        "sent" => Some(Mark::Sent(rest.to_owned())),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const PREFIX: &str = "\x1epogo a17 ";

    fn all_of(pieces: &[&[u8]]) -> (Vec<u8>, Vec<Mark>) {
        let mut marks = Marks::new(PREFIX, 1);
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
            before in "[a-z\x1e\n]{0,10}", after in "[a-z\x1e\n]{0,10}", cuts in proptest::collection::vec(0usize..60, 0..5)
        ) {
            let text = format!("{before}{PREFIX}begun 4711 group\n{after}");
            let mut cuts: Vec<usize> = cuts.into_iter().map(|cut| cut.min(text.len())).collect();
            cuts.extend([0, text.len()]);
            cuts.sort_unstable();
            let pieces: Vec<&[u8]> = cuts.windows(2).map(|cut| &text.as_bytes()[cut[0]..cut[1]]).collect();
            let (rest, found) = all_of(&pieces);
            prop_assert_eq!(String::from_utf8(rest).unwrap(), format!("{before}{after}"));
            prop_assert_eq!(found, vec![Mark::Begun(Group::Led(4711))]);
        }

        #[test]
        fn what_is_no_mark_passes_unchanged(bytes in proptest::collection::vec(prop_oneof![Just(0x1e), Just(b'p'), any::<u8>()], 0..50)) {
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
        ] {
            let bytes = format!("{PREFIX}{text}").into_bytes();
            assert_eq!(all_of(&[&bytes]), (bytes, vec![]));
        }
    }

    #[test]
    fn after_the_last_mark_the_same_is_output() {
        let (mark, forged) = (format!("{PREFIX}begun 5 group\n"), format!("{PREFIX}begun 6 group\n"));
        let (rest, found) = all_of(&[format!("{mark}{forged}").as_bytes()]);
        assert_eq!(rest, forged.as_bytes());
        assert_eq!(found, vec![Mark::Begun(Group::Led(5))]);
    }
}
