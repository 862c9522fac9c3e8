//! One line of a configuration.

use std::path::Path;
use std::sync::Arc;

use super::criteria::{Criterion, parse_criteria};
use super::keyword::{ClientSetting, Keyword};
use super::lex::{Rest, Word, arguments, next_word};
use crate::position::{FilePosition, LineProblem};

/// A line that is neither empty nor a comment.
#[derive(Debug, Clone)]
pub struct ConfigLine {
    file: Arc<Path>,
    number: usize,
    text: String,
    keyword_word: Word,
    /// The first word, in lower case.
    pub(crate) name: String,
    /// The keyword, if it is known.
    pub(crate) keyword: Option<Keyword>,
    value: usize,
    pub(crate) words: Vec<Word>,
    /// The conditions of a `Match`.
    pub(crate) criteria: Vec<Criterion>,
    /// Of an `Include`: which of its arguments have named files, by their positions.
    pub(crate) matched: Vec<usize>,
}

impl ConfigLine {
    /// Parses a line; `None` if it is empty or a comment.
    pub(crate) fn parse(file: &Arc<Path>, number: usize, text: &str) -> Result<Option<Self>, Box<LineProblem>> {
        // `\x0c` too: OpenSSH strips form feeds from the end, though not from elsewhere.
        let trimmed = text.trim_end_matches([' ', '\t', '\r', '\n', '\x0c']);
        let mut rest = Some(Rest { text: trimmed, at: 0 });
        let mut first = next_word(&mut rest);
        if first.as_ref().is_some_and(|word| word.text.is_empty()) {
            first = next_word(&mut rest);
        }
        let Some(word) = first.filter(|word| !word.text.is_empty() && !word.text.starts_with('#')) else {
            return Ok(None);
        };
        let end = Rest {
            text: "",
            at: trimmed.len(),
        };
        let value = rest.unwrap_or(end).trim_start();
        let name = word.text.to_ascii_lowercase();
        let mut line = Self {
            file: Arc::clone(file),
            number,
            keyword: Keyword::of(&name),
            name,
            keyword_word: word,
            value: value.at,
            words: Vec::new(),
            criteria: Vec::new(),
            matched: Vec::new(),
            text: trimmed.to_owned(),
        };
        if value.text.is_empty() {
            return Err(line.problem("it has no value").into());
        }
        match arguments(value) {
            Ok(words) => line.words = words,
            Err(_) => return Err(line.problem("a quote is opened and never closed").into()),
        }
        if line.keyword == Some(Keyword::Match) {
            line.criteria = parse_criteria(value).map_err(|(start, end, problem)| {
                let word = Word {
                    text: String::new(),
                    start,
                    end,
                };
                line.problem_at(&word, &problem)
            })?;
        }
        Ok(Some(line))
    }

    /// A problem of the line as a whole.
    pub(crate) fn problem(&self, problem: &str) -> LineProblem {
        self.problem_at(&self.keyword_word, problem)
    }

    /// A problem of one of its words.
    pub fn problem_at(&self, word: &Word, problem: &str) -> LineProblem {
        let written = self.text.get(word.start..word.end).unwrap_or_default();
        LineProblem {
            position: self.position_of(word),
            length: u32::try_from(written.chars().count()).unwrap_or(u32::MAX).max(1),
            message: format!("{}: {problem}", self.name),
            hint: None,
            line: self.text.clone(),
        }
    }

    /// The problem of an unknown keyword, with the most similar one as a hint.
    pub fn unknown_keyword(&self) -> LineProblem {
        let mut problem = self.problem("no keyword that is known");
        let meant = Keyword::nearest(&self.name).map(|meant| format!("did you mean `{meant}`?"));
        problem.hint = meant;
        problem
    }

    /// Its arguments, joined.
    pub(crate) fn joined_arguments(&self) -> String {
        let words: Vec<&str> = self.words.iter().map(|word| word.text.as_str()).collect();
        words.join(" ")
    }

    /// Its position.
    pub fn position(&self) -> FilePosition {
        self.position_of(&self.keyword_word)
    }

    /// The position of one of its words.
    pub fn position_of(&self, word: &Word) -> FilePosition {
        FilePosition::new(Arc::clone(&self.file), self.number, &self.text, word.start)
    }

    /// The whole line as written.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The keyword as written.
    pub fn keyword(&self) -> &Word {
        &self.keyword_word
    }

    /// The arguments, without quotes and comments.
    pub fn arguments(&self) -> &[Word] {
        &self.words
    }

    /// The text after the keyword, with quotes and comments.
    pub fn value(&self) -> &str {
        self.text.get(self.value..).unwrap_or_default()
    }

    /// Its setting, if this crate supports it.
    pub fn setting(&self) -> Option<ClientSetting> {
        match self.keyword {
            Some(Keyword::Followed(setting)) => Some(setting),
            _ => None,
        }
    }

    /// Whether its keyword has this lower-case name.
    pub fn is(&self, name: &str) -> bool {
        self.name == name
    }

    /// Arguments of an `Include` without wildcard that match no file.
    pub fn missing_files(&self) -> impl Iterator<Item = &Word> {
        let is_missing = |at: &usize| !self.matched.contains(at);
        let is_wild = |word: &Word| word.text.contains(['*', '?', '[']);
        let words = self
            .words
            .iter()
            .enumerate()
            .filter(|_| self.keyword == Some(Keyword::Include));
        words
            .filter(move |(at, word)| is_missing(at) && !is_wild(word))
            .map(|(_, word)| word)
    }

    /// The first condition of a `Match` that cannot be evaluated without connecting.
    pub fn unknown_condition(&self) -> Option<&'static str> {
        let mut names = self.criteria.iter().map(Criterion::name_if_unknown);
        names.find_map(|name| name)
    }

    /// Whether a `Match` requires a second pass (`canonical`, `final`).
    pub fn asks_for_second_reading(&self) -> bool {
        self.criteria.iter().any(Criterion::is_final)
    }
}
