//! The named text of a source, and its problems.

use std::ops::Range;
use std::sync::Arc;

use pogo_core::inventory::{Diagnostic, Excerpt, InventoryError, LineSpan};
use pogo_core::policy::Origin;

/// A range of a source's text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Span {
    /// Offset of the first byte.
    pub(crate) start: u32,
    /// Offset after the last byte.
    pub(crate) end: u32,
    /// The first character's line, from 1.
    pub(crate) line: u32,
    /// The first character's column, from 1, in characters.
    pub(crate) column: u32,
}

impl Span {
    /// The beginning of the text.
    pub(crate) const START: Self = Self {
        start: 0,
        end: 0,
        line: 1,
        column: 1,
    };

    /// A byte range that begins at this line and column, both from 1.
    pub(crate) fn new(bytes: Range<usize>, line: usize, column: u32) -> Self {
        Self {
            start: narrow(bytes.start),
            end: narrow(bytes.end),
            line: narrow(line),
            column,
        }
    }
}

/// Larger files are refused, so offsets fit into 32 bits.
pub(crate) fn narrow(value: usize) -> u32 {
    u32::try_from(value).unwrap_or(u32::MAX)
}

/// The column, from 1, of a byte offset in a line.
///
/// Near the end of very long lines columns count bytes: counting characters for each word would be quadratic.
pub(crate) fn column(line: &str, from: usize) -> u32 {
    const FAR: usize = 4_096;
    let before = line.get(..from).filter(|before| before.len() <= FAR);
    // Fast path: nearly all lines are ASCII.
    let before = before.filter(|before| !before.is_ascii());
    let characters = before.map_or(from, |before| before.chars().count());
    narrow(characters).saturating_add(1)
}

/// A named text.
#[derive(Debug, Clone)]
pub(crate) struct SourceText<'a> {
    pub(crate) name: Arc<str>,
    pub(crate) text: &'a str,
    secretive: bool,
}

impl<'a> SourceText<'a> {
    pub(crate) fn new(name: impl Into<Arc<str>>, text: &'a str) -> Self {
        Self {
            name: name.into(),
            text: crate::file::without_mark(text),
            secretive: false,
        }
    }

    /// Marks the text as one with secrets: lines that look secret are never shown.
    #[cfg(any(feature = "ansible", feature = "settings-file", feature = "sources-file"))]
    pub(crate) fn without_secrets(mut self) -> Self {
        self.secretive = true;
        self
    }

    pub(crate) fn origin(&self, span: Span) -> Origin {
        Origin::new(Arc::clone(&self.name), span.line, span.column)
    }

    /// The capacity to reserve if each line has a host, limited by the file's size.
    pub(crate) fn rows(&self) -> usize {
        const MOST: usize = 1 << 20;
        // Byte-sized counters let the compiler vectorize this.
        let count = |bytes: &[u8]| bytes.iter().map(|byte| u8::from(*byte == b'\n')).sum::<u8>();
        let counts = self.text.as_bytes().chunks(128).map(|bytes| usize::from(count(bytes)));
        let lines: usize = counts.sum();
        // A file of empty lines must not reserve memory for as many hosts.
        lines.min(self.text.len() / 16).min(MOST)
    }

    /// The text of a span.
    pub(crate) fn slice(&self, span: Span) -> &'a str {
        self.text
            .get(span.start as usize..span.end as usize)
            .unwrap_or_default()
    }

    /// The whole line on which the span starts, without its line break.
    pub(crate) fn line(&self, span: Span) -> &'a str {
        let rest = self.text.get(self.line_start(span)..).unwrap_or_default();
        rest.split('\n').next().unwrap_or_default().trim_end_matches('\r')
    }

    /// The whole line, unless it is too long to be shown for each of many problems.
    fn short_line(&self, span: Span) -> Option<&'a str> {
        const FAR: usize = 16_384;
        let (bytes, at) = (self.text.as_bytes(), span.start as usize);
        // A file that is one long line would be searched through, and shown, for each of a thousand
        // problems.
        let from = at.saturating_sub(FAR);
        let before = bytes.get(from..at)?.iter().rposition(|byte| *byte == b'\n');
        let after = bytes.iter().skip(at).take(FAR).position(|byte| *byte == b'\n');
        let (starts, ends) = (before.is_some() || from == 0, after.is_some() || bytes.len() - at < FAR);
        (starts && ends).then(|| self.line(span))
    }

    /// Offset of the first byte of the line on which the span starts.
    pub(crate) fn line_start(&self, span: Span) -> usize {
        let before = self.text.get(..span.start as usize).unwrap_or_default();
        before.rfind('\n').map_or(0, |newline| newline + 1)
    }

    /// The span from `offset` bytes into a value on; the whole value if it has escapes or line breaks.
    pub(crate) fn within(&self, span: Span, text: &str, offset: usize) -> Span {
        let written = self.slice(span);
        let quotes = match written.strip_prefix(['"', '\'']) {
            // Compared with what was read: with an escape in it offsets in the value are none in
            // the text.
            Some(inner) if inner.strip_suffix(['"', '\'']) == Some(text) => 1,
            None if written == text => 0,
            _ => return span,
        };
        let Some(before) = text.get(..offset) else {
            return span;
        };
        Span {
            start: span.start + quotes + narrow(offset),
            end: span.start + quotes + narrow(offset),
            line: span.line,
            column: span.column + quotes + narrow(before.chars().count()),
        }
    }

    /// Length of the span on its first line, in characters, at least 1.
    fn length(&self, span: Span) -> u32 {
        let first = self.slice(span).lines().next().unwrap_or_default();
        narrow(first.chars().count()).max(1)
    }

    pub(crate) fn diagnostic(&self, span: Span, message: impl Into<String>) -> Diagnostic {
        self.problem(span, message.into(), Some(self.line(span)))
    }

    fn problem(&self, span: Span, message: String, line: Option<&str>) -> Diagnostic {
        let position = LineSpan {
            line: span.line,
            column: span.column,
            length: self.length(span),
        };
        let mut problem = Diagnostic::new(Arc::clone(&self.name), message);
        problem.position = Some(position);
        if let Some(line) = line.filter(|line| !(self.secretive && looks_secret(line))) {
            problem.excerpt = Some(Excerpt::of(line, position));
        }
        problem
    }
}

/// Whether a line may contain a secret.
pub(crate) fn looks_secret(line: &str) -> bool {
    let line = line.to_ascii_lowercase();
    let in_address = line.split_once("://").is_some_and(|(_, rest)| rest.contains('@'));
    // Rather a line too few than a password in a log: what looks like one is not shown.
    let words = ["pass", "secret", "token", "vault", "key", "auth", "header"];
    in_address || words.iter().any(|word| line.contains(word))
}

/// Collected problems.
#[derive(Debug)]
pub(crate) struct Problems<'a> {
    pub(crate) source: SourceText<'a>,
    list: Vec<Diagnostic>,
    /// Problems that count only if the value is used.
    deferred: Vec<(Span, Diagnostic)>,
    defers: bool,
}

impl<'a> Problems<'a> {
    /// The most problems that are kept: a file that is wrong throughout must not fill the memory.
    pub(crate) const MOST: usize = 1_000;

    pub(crate) fn new(source: SourceText<'a>) -> Self {
        Self {
            source,
            list: Vec::new(),
            deferred: Vec::new(),
            defers: false,
        }
    }

    /// Defers problems with the content of values, such as duplicate keys: they count unless the value turns out to be
    /// [unused](Self::forgive).
    #[cfg(feature = "ansible")]
    pub(crate) fn deferring(mut self) -> Self {
        self.defers = true;
        self
    }

    /// Adds a problem with the content of a value.
    #[cfg(feature = "yaml")]
    pub(crate) fn report_content(&mut self, span: Span, problem: Diagnostic) {
        match self.defers {
            // Bounded like the others: a variable of a play may be a large structure that is wrong
            // throughout.
            true if self.deferred.len() < Self::MOST => self.deferred.push((span, problem)),
            true => {}
            false => self.push(problem),
        }
    }

    /// Drops deferred problems in this span, except in the parts that are used.
    #[cfg(feature = "ansible")]
    pub(crate) fn forgive(&mut self, all: Span, used: &[Span]) {
        let within = |at: u32, span: &Span| at >= span.start && at < span.end;
        self.deferred
            .retain(|(span, _)| !within(span.start, &all) || used.iter().any(|used| within(span.start, used)));
    }

    /// The first problems show their lines whatever their length.
    fn problem(&self, span: Span, message: String) -> Diagnostic {
        let line = match self.list.len() < InventoryError::SHOWN {
            true => Some(self.source.line(span)),
            false => self.source.short_line(span),
        };
        self.source.problem(span, message, line)
    }

    pub(crate) fn report(&mut self, span: Span, message: impl Into<String>) {
        if self.list.len() < Self::MOST {
            let problem = self.problem(span, message.into());
            self.list.push(problem);
        }
    }

    pub(crate) fn report_with(&mut self, span: Span, message: impl Into<String>, hint: impl Into<String>) {
        if self.list.len() < Self::MOST {
            let problem = self.problem(span, message.into());
            self.list.push(problem.with_hint(hint));
        }
    }

    /// Whether further problems are dropped.
    pub(crate) fn is_full(&self) -> bool {
        self.list.len() >= Self::MOST
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    pub(crate) fn push(&mut self, problem: Diagnostic) {
        self.list.push(problem);
    }

    /// All problems in text order.
    pub(crate) fn into_sorted(mut self) -> Vec<Diagnostic> {
        self.take_sorted()
    }

    /// Takes the problems so far, in text order.
    pub(crate) fn take_sorted(&mut self) -> Vec<Diagnostic> {
        self.list.extend(
            std::mem::take(&mut self.deferred)
                .into_iter()
                .map(|(_, problem)| problem),
        );
        self.list.sort_by_key(|problem| problem.position);
        std::mem::take(&mut self.list)
    }
}
