//! Texts as words for `printf %b`, which every shell and every terminal takes literally.

use std::borrow::Cow;

/// The longest word in bytes. BSD's `csh` accepts about a thousand, a BSD terminal lines of 1,024.
pub(super) const LONGEST_WORD: usize = 900;

/// What every shell takes literally in single quotes.
const FOR_LOGIN_SHELL: LiteralBytes = LiteralBytes::without(b"\\'!");

/// What `read` and a terminal take literally.
const FOR_READING: LiteralBytes = LiteralBytes::without(b"\\");

/// Which bytes stand for themselves.
struct LiteralBytes([bool; 256]);

impl LiteralBytes {
    /// Printable ASCII without these.
    const fn without(special: &[u8]) -> Self {
        let mut literal = [false; 256];
        let mut byte = b' ';
        while byte <= b'~' {
            literal[byte as usize] = true;
            byte += 1;
        }
        let mut at = 0;
        while at < special.len() {
            literal[special[at] as usize] = false;
            at += 1;
        }
        Self(literal)
    }

    /// How many bytes a text begins with that are all literal, up to so many.
    // A plain loop over eight bytes at a time: adapters of iterators stay calls where this crate is optimized for a
    // short build, and a test for each byte took as much of the processor as encrypting it six times.
    fn length(&self, text: &str, most: usize) -> usize {
        // A byte is always within a table of 256.
        let is = |byte: u8| self.0[usize::from(byte)];
        let bytes = text.as_bytes();
        let bytes = bytes.get(..most).unwrap_or(bytes);
        let mut length = 0;
        while let Some([a, b, c, d, e, f, g, h]) = bytes.get(length..).and_then(<[u8]>::first_chunk) {
            if !(is(*a) & is(*b) & is(*c) & is(*d) & is(*e) & is(*f) & is(*g) & is(*h)) {
                break;
            }
            length += 8;
        }
        while let Some(byte) = bytes.get(length)
            && is(*byte)
        {
            length += 1;
        }
        length
    }
}

/// Where the words of a text are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Encoding {
    /// In the command line: whatever shell the user has reads them.
    LoginShell,
    /// On standard input: `read` of `/bin/sh` reads them.
    Reading,
}

impl Encoding {
    /// Encodes the text as words for `printf %b`, which prints exactly this text.
    pub(super) fn words(self, text: &str) -> String {
        let mut writer = WordWriter::new(self, text.len());
        let mut rest = text;
        while let Some(next) = rest.chars().next() {
            // Runs are copied whole: pushing each byte by itself took more of the processor than encrypting it.
            let (run, others) = rest.split_at(self.literal_length(rest, writer.room()));
            if !run.is_empty() {
                writer.push(run);
                rest = others;
                continue;
            }
            rest = rest.strip_prefix(next).unwrap_or_default();
            match next {
                '\n' => writer.push("\\n"),
                next => next
                    .encode_utf8(&mut [0; 4])
                    .bytes()
                    .for_each(|byte| writer.push_octal(byte)),
            }
        }
        writer.finish()
    }

    fn literal_length(self, text: &str, most: usize) -> usize {
        match self {
            Self::LoginShell => FOR_LOGIN_SHELL.length(text, most),
            Self::Reading => FOR_READING.length(text, most),
        }
    }

    /// What comes before and after each word. No word contains a quote or a line break.
    fn around(self) -> (&'static str, &'static str) {
        match self {
            Self::LoginShell => (" '", "'"),
            Self::Reading => ("+", "\n"),
        }
    }
}

/// Writes words, none of which is too long.
struct WordWriter {
    encoding: Encoding,
    words: String,
    /// That of the last word.
    length: usize,
}

impl WordWriter {
    fn new(encoding: Encoding, bytes: usize) -> Self {
        // Most of a script is literal; a quarter more is for quotes and line breaks, so that it
        // grows once at most.
        let mut words = String::with_capacity(bytes + bytes / 4 + 16);
        words.push_str(encoding.around().0);
        Self {
            encoding,
            words,
            length: 0,
        }
    }

    /// How many bytes the last word may still get: more than none.
    fn room(&mut self) -> usize {
        // The longest escape has five bytes.
        if self.length > LONGEST_WORD - 5 {
            let (before, after) = self.encoding.around();
            self.words.push_str(after);
            self.words.push_str(before);
            self.length = 0;
        }
        LONGEST_WORD - self.length
    }

    fn push(&mut self, piece: &str) {
        self.words.push_str(piece);
        self.length += piece.len();
    }

    fn push_octal(&mut self, byte: u8) {
        self.room();
        // POSIX's `%b` has no `\x`. All three digits: a digit may follow.
        for byte in [
            b'\\',
            b'0',
            b'0' + (byte >> 6),
            b'0' + (byte >> 3 & 7),
            b'0' + (byte & 7),
        ] {
            self.words.push(char::from(byte));
        }
        self.length += 5;
    }

    fn finish(mut self) -> String {
        self.words.push_str(self.encoding.around().1);
        self.words
    }
}

/// A text that is the same in every session, and is encoded once.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct ConstantText {
    login_shell: String,
    reading: String,
}

impl ConstantText {
    pub(crate) fn new(text: &str) -> Self {
        Self {
            login_shell: Encoding::LoginShell.words(text),
            reading: Encoding::Reading.words(text),
        }
    }

    pub(super) fn words(&self, encoding: Encoding) -> &str {
        match encoding {
            Encoding::LoginShell => &self.login_shell,
            Encoding::Reading => &self.reading,
        }
    }
}

/// A part of a text for a host's shell.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum ScriptPart<'a> {
    /// Words of this attempt.
    Text(Cow<'a, str>),
    /// A text that all attempts share, and that is encoded once.
    Constant(&'static ConstantText),
}

impl ScriptPart<'_> {
    /// Borrows the part.
    pub(super) fn borrow(&self) -> ScriptPart<'_> {
        match self {
            Self::Text(text) => ScriptPart::Text(Cow::Borrowed(text)),
            Self::Constant(constant) => ScriptPart::Constant(constant),
        }
    }

    /// Appends the part as words.
    pub(super) fn write_to(&self, words: &mut String, encoding: Encoding) {
        match self {
            Self::Text(text) if text.is_empty() => {}
            Self::Text(text) => words.push_str(&encoding.words(text)),
            Self::Constant(constant) => words.push_str(constant.words(encoding)),
        }
    }
}

impl<'a> From<&'a str> for ScriptPart<'a> {
    fn from(text: &'a str) -> Self {
        Self::Text(Cow::Borrowed(text))
    }
}

impl From<String> for ScriptPart<'_> {
    fn from(text: String) -> Self {
        Self::Text(Cow::Owned(text))
    }
}

impl From<&'static ConstantText> for ScriptPart<'_> {
    fn from(constant: &'static ConstantText) -> Self {
        Self::Constant(constant)
    }
}
