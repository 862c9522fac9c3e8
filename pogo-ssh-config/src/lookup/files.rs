//! A configuration as written: for listing its hosts without connecting.

use std::convert::Infallible;
use std::path::Path;

use super::host_lookup::is_ignored;
use super::tokens::host_name;
use super::walk::{LineVisitor, walk};
use crate::lines::criteria::hold_offline;
use crate::lines::file::{ConfigFile, FileLine, FileReader};
use crate::lines::keyword::{ClientSetting, Keyword};
use crate::lines::lex::Word;
use crate::lines::line::ConfigLine;
use crate::lines::scope::ConfigScope;
use crate::local::LocalAccount;
use crate::position::LineProblem;

/// The lines of a configuration file and of those that it includes.
///
/// Only the conditions `all`, `host` and `originalhost` of `Match` are evaluated; lines behind any
/// other apply to no host ([`ConfigLine::unknown_condition`]).
///
/// ```
/// use std::path::Path;
/// use pogo_ssh_config::ConfigFiles;
///
/// let text = "Host web1 web2\n  HostName %h.example.com\nHost *\n  User deploy\n";
/// let read = |_: &Path| Ok::<_, std::io::Error>(text.as_bytes().to_vec());
/// let files = ConfigFiles::read_with(Path::new("config"), Path::new(""), read)?;
/// let hosts: Vec<&str> = files.named_hosts().map(|(_, word)| word.text.as_str()).collect();
/// assert_eq!(hosts, ["web1", "web2"]);
/// let applied = files.lines_for("web1");
/// assert_eq!(applied.settings.len(), 2);
/// assert_eq!(applied.settings[1].position().to_string(), "config:4");
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct ConfigFiles {
    file: ConfigFile,
    problems: Vec<LineProblem>,
}

/// The lines that apply to a host, as far as that is known without connecting.
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub struct AppliedLines<'a> {
    /// Supported settings, in order: the first line of a setting counts.
    pub settings: Vec<&'a ConfigLine>,
    /// `Host` lines that match it.
    pub named_by: Vec<&'a ConfigLine>,
    /// Lines with unknown keywords, for which OpenSSH refuses the host; see
    /// [`ConfigLine::unknown_keyword`].
    pub unknown: Vec<&'a ConfigLine>,
}

impl ConfigFiles {
    /// Reads a file and those that it includes through `read`; relative names start at `base`.
    ///
    /// # Errors
    ///
    /// Those of `read`. Invalid lines are listed by [`problems`](Self::problems).
    pub fn read_with<E>(
        path: &Path,
        base: &Path,
        mut read: impl FnMut(&Path) -> Result<Vec<u8>, E>,
    ) -> Result<Self, E> {
        let local = LocalAccount::find().ok();
        let mut reader = FileReader::new(local.as_ref(), base, ConfigScope::User, |path: &Path, _| {
            read(path).map(Some)
        });
        let file = reader.file(path)?;
        Ok(Self {
            file,
            problems: reader.problems,
        })
    }

    /// Problems that OpenSSH refuses, in file order.
    pub fn problems(&self) -> &[LineProblem] {
        &self.problems
    }

    /// All lines in the order in which they count.
    pub fn lines(&self) -> Vec<&ConfigLine> {
        let mut lines = Vec::new();
        add_lines(&self.file, &mut lines);
        lines
    }

    /// The names in `Host` lines that are not patterns, each with its line. A name may occur in several.
    pub fn named_hosts(&self) -> impl Iterator<Item = (&ConfigLine, &Word)> {
        let hosts = self
            .lines()
            .into_iter()
            .filter(|line| line.keyword == Some(Keyword::Host));
        let is_name = |word: &&Word| !word.text.starts_with('!') && !word.text.contains(['*', '?']);
        hosts.flat_map(move |line| line.words.iter().filter(is_name).map(move |word| (line, word)))
    }

    /// How many lines are examined for every host, besides blocks that name it.
    pub fn lines_for_any_host(&self) -> usize {
        self.file.lines_for_any_host()
    }

    /// The lines that apply to the host with this name.
    pub fn lines_for(&self, host: &str) -> AppliedLines<'_> {
        let mut visitor = OfflineLookup {
            host,
            applied: AppliedLines::default(),
            ignored: None,
        };
        match walk(&self.file, ConfigScope::User, &mut visitor) {
            Ok(()) => visitor.applied,
            Err(never) => match never {},
        }
    }
}

fn add_lines<'a>(file: &'a ConfigFile, lines: &mut Vec<&'a ConfigLine>) {
    for FileLine { line, included } in &file.lines {
        lines.push(line);
        included.iter().for_each(|file| add_lines(file, lines));
    }
}

struct OfflineLookup<'a, 'h> {
    host: &'h str,
    applied: AppliedLines<'a>,
    /// The first `IgnoreUnknown`.
    ignored: Option<&'a str>,
}

impl OfflineLookup<'_, '_> {
    /// The host's address so far.
    fn address(&self) -> String {
        let is_name = |line: &&&ConfigLine| line.setting() == Some(ClientSetting::HostName);
        let line = self.applied.settings.iter().find(is_name);
        let written = line.and_then(|line| line.words.first());
        let address = written.and_then(|word| host_name(&word.text, self.host).ok());
        address.unwrap_or_else(|| self.host.to_owned())
    }
}

impl<'a> LineVisitor<'a> for OfflineLookup<'a, '_> {
    type Error = Infallible;

    fn host(&self) -> &str {
        self.host
    }

    fn holds(&mut self, line: &'a ConfigLine, _: bool) -> Result<bool, Infallible> {
        Ok(hold_offline(&line.criteria, self.host, &self.address()))
    }

    fn named(&mut self, line: &'a ConfigLine) {
        self.applied.named_by.push(line);
    }

    fn unknown(&mut self, line: &'a ConfigLine) -> Result<(), Infallible> {
        if !self.ignored.is_some_and(|patterns| is_ignored(line, patterns)) {
            self.applied.unknown.push(line);
        }
        Ok(())
    }

    fn apply(&mut self, keyword: Keyword, line: &'a ConfigLine, _: ConfigScope) -> Result<(), Infallible> {
        match keyword {
            Keyword::IgnoreUnknown => {
                let patterns = line.words.first().map(|word| word.text.as_str());
                self.ignored = self.ignored.or(patterns);
            }
            Keyword::Followed(_) => self.applied.settings.push(line),
            _ => {}
        }
        Ok(())
    }
}
