//! Files into blocks of settings, each with the hosts it is for.

use std::path::{Path, PathBuf};
use std::rc::Rc;

use indexmap::IndexMap;
use pogo_core::fleet::HostName;
use pogo_core::inventory::{Diagnostic, InventoryError};
use pogo_core::policy::Origin;

use super::condition::{self, Condition};
use super::include::{Unusable, files};
use super::keyword::{Meaning, Setting, meaning, near};
use super::line::{Line, Word};
use super::pattern::{Names, is_wild, matches};
use crate::file;
use crate::guess;
use crate::source::{Problems, Source};

/// Files within files; OpenSSH has the same limit.
const MAX_DEPTH: usize = 16;

/// Files that are read altogether: files that include each other must not take for ever.
const MAX_FILES: usize = 1_000;

/// A value, and where it was written.
pub(super) struct Value {
    pub(super) setting: Setting,
    pub(super) text: String,
    pub(super) origin: Origin,
    /// It is only in the way of others: it cannot be taken over.
    pub(super) foreign: bool,
}

/// Settings that count for the hosts that all of these lines name.
pub(super) struct Block {
    pub(super) names: Vec<Rc<Names>>,
    pub(super) values: Vec<Value>,
    /// What is said when the first of its settings is left out.
    unknown: Option<Diagnostic>,
}

/// Everything that was read so far.
pub(super) struct Reader {
    base: PathBuf,
    pub(super) blocks: Vec<Block>,
    pub(super) hosts: IndexMap<HostName, Origin>,
    pub(super) problems: Vec<Diagnostic>,
    pub(super) warnings: Vec<Diagnostic>,
    ignored: Vec<String>,
    /// The files themselves.
    pub(super) read: Vec<PathBuf>,
    files: usize,
    bytes: u64,
}

impl Reader {
    pub(super) fn new(path: &Path) -> Self {
        Self {
            base: path.parent().unwrap_or(Path::new("")).to_owned(),
            blocks: Vec::new(),
            hosts: IndexMap::new(),
            problems: Vec::new(),
            warnings: Vec::new(),
            ignored: Vec::new(),
            read: Vec::new(),
            files: 0,
            bytes: 0,
        }
    }

    /// Reads a file whose lines count for those that all of `outer` name.
    pub(super) fn file(&mut self, path: &Path, outer: &[Rc<Names>], depth: usize) -> Result<(), InventoryError> {
        let name = path.display().to_string();
        self.read.push(path.to_owned());
        let text = file::read_text(path)?;
        self.files += 1;
        self.bytes += text.len() as u64;
        let too_much = if self.files > MAX_FILES {
            Some(format!("is one file too many: no more than {MAX_FILES} are read"))
        } else if self.bytes > file::MAX_BYTES {
            Some(format!(
                "the files up to here have more than {} MiB",
                file::MAX_BYTES >> 20
            ))
        } else {
            None
        };
        if let Some(message) = too_much {
            return Err(InventoryError::Invalid(vec![Diagnostic::new(name, message)]));
        }
        let mut lines = Lines {
            problems: Problems::new(Source::new(name, &text)),
            outer,
            depth,
            reader: self,
        };
        lines.begin([]);
        let mut start = 0;
        for (number, text) in (1..).zip(lines.problems.source.text.split('\n')) {
            lines.line(Line { text, start, number })?;
            start += text.len() + 1;
        }
        let problems = lines.problems.into_sorted();
        self.problems.extend(guess::hinted(
            problems,
            "ssh-config",
            &path.display().to_string(),
            &text,
        ));
        Ok(())
    }
}

/// The lines of one file.
struct Lines<'r, 'a> {
    problems: Problems<'a>,
    outer: &'r [Rc<Names>],
    depth: usize,
    reader: &'r mut Reader,
}

impl Lines<'_, '_> {
    fn begin(&mut self, names: impl IntoIterator<Item = Rc<Names>>) {
        let names = self.outer.iter().cloned().chain(names).collect();
        self.go_on(names, None);
    }

    fn go_on(&mut self, names: Vec<Rc<Names>>, unknown: Option<Diagnostic>) {
        let values = Vec::new();
        self.reader.blocks.push(Block { names, values, unknown });
    }

    fn line(&mut self, line: Line<'_>) -> Result<(), InventoryError> {
        let Some((keyword, from)) = line.keyword() else {
            return Ok(());
        };
        let Some(meaning) = meaning(&keyword.text) else {
            self.unknown(line, &keyword);
            return Ok(());
        };
        let words = match meaning {
            // Its arguments are a shell's business.
            Meaning::Other | Meaning::ProxyCommand => Vec::new(),
            _ => match line.arguments(from) {
                Ok(words) => words,
                Err(message) => {
                    self.problems.report(line.span(keyword.from, line.text.len()), message);
                    return Ok(());
                }
            },
        };
        match meaning {
            Meaning::Host => self.host(line, &keyword, &words),
            Meaning::Match => self.condition(line, &keyword, &words),
            Meaning::Include => return self.include(line, &keyword, &words),
            Meaning::IgnoreUnknown => {
                let patterns = words.iter().flat_map(|word| word.text.split(','));
                self.reader.ignored.extend(patterns.map(str::to_ascii_lowercase));
            }
            Meaning::Reach(setting) => self.value(line, &keyword, &words, setting),
            Meaning::ProxyCommand => self.proxy_command(line, &keyword, from),
            Meaning::Other => {}
        }
        Ok(())
    }

    fn host(&mut self, line: Line<'_>, keyword: &Word, words: &[Word]) {
        if words.is_empty() {
            self.problems.report(line.place(keyword), "`Host` names nobody");
        }
        let names = Rc::new(Names::new(words.iter().map(|word| word.text.as_str())));
        for word in words
            .iter()
            .filter(|word| !is_wild(&word.text) && !word.text.starts_with('!'))
        {
            let is_for = |names: &Rc<Names>| names.matches(&word.text, &word.text);
            let counts = is_for(&names) && self.outer.iter().all(is_for);
            match HostName::new(&word.text) {
                Ok(host) if counts => {
                    let origin = self.problems.source.origin(line.place(word));
                    self.reader.hosts.entry(host).or_insert(origin);
                }
                Ok(_) => {}
                Err(error) => self.problems.report(line.place(word), error.to_string()),
            }
        }
        self.begin([names]);
    }

    /// `Match`: what can be told from the host alone counts; for the rest it is said what is left out.
    fn condition(&mut self, line: Line<'_>, keyword: &Word, words: &[Word]) {
        if words.is_empty() {
            self.problems.report(line.place(keyword), "`Match` names no condition");
        }
        let condition = match condition::read(words) {
            Ok(condition) => condition,
            Err((word, message)) => {
                self.problems.report(line.place(word), message);
                Condition::default()
            }
        };
        let unknown = condition.unknown.map(|name| {
            let message = format!("the settings of this `Match` are not taken over: whether `{name}` holds is not known before somebody connects");
            let problem = self.problems.source.diagnostic(line.place(keyword), message);
            problem.with_hint("name the hosts with `Host`, or leave it to the transport, which reads OpenSSH's configuration itself")
        });
        let names = self.outer.iter().cloned().chain(condition.names).collect();
        self.go_on(names, unknown);
        if words.iter().any(|word| word.text.eq_ignore_ascii_case("final")) {
            // OpenSSH reads all lines twice then, so that others may hold too.
            let unknown = self.reader.blocks.last_mut().and_then(|block| block.unknown.take());
            self.reader.warnings.extend(unknown);
        }
    }

    fn include(&mut self, line: Line<'_>, keyword: &Word, words: &[Word]) -> Result<(), InventoryError> {
        if words.is_empty() {
            self.problems.report(line.place(keyword), "`Include` names no file");
        }
        let block = self.reader.blocks.last_mut();
        let (names, unknown) = block
            .map(|block| (block.names.clone(), block.unknown.take()))
            .unwrap_or_default();
        // What is included there is left out as well.
        self.reader.warnings.extend(unknown);
        for word in words {
            let found = match files(&self.reader.base, &word.text) {
                Ok(found) => found,
                Err(Unusable(message)) => {
                    self.problems.report(line.place(word), message);
                    continue;
                }
            };
            if found.is_empty() && !is_wild(&word.text) {
                let message = format!("there is no file `{}`", word.text.escape_debug());
                self.reader
                    .warnings
                    .push(self.problems.source.diagnostic(line.place(word), message));
            }
            if self.depth == MAX_DEPTH && !found.is_empty() {
                let message = format!("files include each other more than {MAX_DEPTH} levels deep");
                let problem = self.problems.source.diagnostic(line.place(word), message);
                return Err(InventoryError::Invalid(vec![
                    problem.with_hint("does a file include itself?"),
                ]));
            }
            for path in found {
                self.reader.file(&path, &names, self.depth + 1)?;
            }
        }
        // What follows is for whom it was for before.
        self.go_on(names, None);
        Ok(())
    }

    fn value(&mut self, line: Line<'_>, keyword: &Word, words: &[Word], setting: Setting) {
        let [word] = words else {
            let found = words.len();
            let message = format!("`{}` takes one argument, found {found}", keyword.text);
            let place = words
                .get(1)
                .map_or_else(|| line.place(keyword), |word| line.place(word));
            return self.problems.report(place, message);
        };
        if let Some((message, hint)) = super::hosts::wrong(setting, &word.text) {
            return self.problems.report_with(line.place(word), message, hint);
        }
        let origin = self.problems.source.origin(line.place(word));
        self.set(setting, word.text.clone(), origin, false);
    }

    fn proxy_command(&mut self, line: Line<'_>, keyword: &Word, from: usize) {
        let command = line.text.get(from..).unwrap_or_default().trim();
        let place = line.place(keyword);
        let origin = self.problems.source.origin(place);
        let none = command.eq_ignore_ascii_case("none");
        if !none {
            let hint = "name hosts to go through with `ProxyJump`";
            // The command itself may hold a secret.
            let problem = Diagnostic::at(&origin, "`ProxyCommand` is not taken over");
            self.reader.warnings.push(problem.with_hint(hint));
        }
        self.set(Setting::Proxy, String::new(), origin, true);
    }

    fn set(&mut self, setting: Setting, text: String, origin: Origin, foreign: bool) {
        let value = Value {
            setting,
            text,
            origin,
            foreign,
        };
        if let Some(block) = self.reader.blocks.last_mut() {
            block.values.push(value);
            self.reader.warnings.extend(block.unknown.take());
        }
    }

    fn unknown(&mut self, line: Line<'_>, keyword: &Word) {
        let lower = keyword.text.to_ascii_lowercase();
        if self.reader.ignored.iter().any(|pattern| matches(pattern, &lower)) {
            return;
        }
        let message = format!("OpenSSH has no setting `{}`", keyword.text.escape_debug());
        let hint = match near(&keyword.text) {
            Some(meant) => format!("did you mean `{meant}`?"),
            None => "`IgnoreUnknown` in a line above names words to pass over".to_owned(),
        };
        self.problems.report_with(line.place(keyword), message, hint);
    }
}
