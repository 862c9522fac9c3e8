//! Files into lines, with the files that they include.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::error::{ClientConfigError, FilePosition};
use super::keyword::Keyword;
use super::line_values::LineValues;
use super::local::LocalAccount;
use super::options::CollectedOptions;
use super::words::{arguments, next_word};

/// How deep files may include each other.
const DEEPEST: usize = 16;

/// A file that was read.
#[derive(Debug, Clone)]
pub(super) struct ConfigFile {
    pub(super) lines: Vec<ConfigLine>,
}

/// A line with something on it.
#[derive(Debug, Clone)]
pub(super) struct ConfigLine {
    pub(super) place: FilePosition,
    /// Its first word, in lower case.
    pub(super) name: String,
    /// What that means, if it is known.
    pub(super) keyword: Option<Keyword>,
    /// What comes after the keyword, as written.
    pub(super) text: String,
    pub(super) arguments: Vec<String>,
    /// The files that it includes, in order.
    pub(super) included: Vec<ConfigFile>,
}

impl ConfigLine {
    /// Whether its values make sense, wherever it applies: looked at once, so that a file with blocks for ten thousand
    /// hosts costs each of them only the look at whom a block is for.
    fn check(&self, is_users: bool) -> Result<(), ClientConfigError> {
        let mut values = self.values(is_users);
        let checked = match self.keyword {
            Some(Keyword::Followed(setting)) => CollectedOptions::default().take(setting, &mut values, false),
            Some(Keyword::IgnoreUnknown) => values.text().map(drop),
            Some(Keyword::Host) if self.arguments.iter().any(String::is_empty) => Err("a pattern is empty".to_owned()),
            _ => return Ok(()),
        };
        let checked = match self.keyword {
            Some(Keyword::Host) => checked,
            _ => checked.and_then(|()| values.end()),
        };
        checked.map_err(|problem| self.problem(&problem))
    }

    pub(super) fn values(&self, is_users: bool) -> LineValues<'_> {
        LineValues::new((&self.place, is_users), &self.name, (&self.text, &self.arguments))
    }

    pub(super) fn problem(&self, problem: &str) -> ClientConfigError {
        ClientConfigError::line(&self.place, format!("{}: {problem}", self.name))
    }
}

/// Reads files of one kind.
#[derive(Debug, Clone, Copy)]
pub(super) struct ConfigFileReader<'a> {
    pub(super) local: &'a LocalAccount,
    /// Where relative names start: the user's `~/.ssh`, or `/etc/ssh`.
    pub(super) base: &'a Path,
    /// Whether the files are the user's, who may write `~/`.
    pub(super) is_users: bool,
}

impl ConfigFileReader<'_> {
    /// Reads a file; `private` if nobody else may have written it.
    pub(super) fn read(&self, path: &Path, private: bool) -> Result<ConfigFile, ClientConfigError> {
        self.read_at(path, private, 0)
    }

    fn read_at(&self, path: &Path, private: bool, depth: usize) -> Result<ConfigFile, ClientConfigError> {
        let unreadable = |source| ClientConfigError::Unreadable {
            path: path.to_owned(),
            source,
        };
        if depth > DEEPEST {
            return Err(ClientConfigError::TooDeep { path: path.to_owned() });
        }
        let metadata = fs::metadata(path).map_err(unreadable)?;
        let is_ours = metadata.uid() == 0 || metadata.uid() == self.local.uid;
        if private && (!is_ours || metadata.mode() & 0o022 != 0) {
            return Err(ClientConfigError::NotPrivate { path: path.to_owned() });
        }
        let bytes = fs::read(path).map_err(unreadable)?;
        let file: Arc<Path> = path.into();
        let mut lines = Vec::new();
        for (number, text) in bytes.split(|byte| *byte == b'\n').enumerate() {
            let place = FilePosition {
                file: Arc::clone(&file),
                line: number + 1,
            };
            // Up to a byte 0, as C does.
            let text = text.split(|byte| *byte == 0).next().unwrap_or_default();
            if let Some(line) = self.line(place, &String::from_utf8_lossy(text), depth)? {
                lines.push(line);
            }
        }
        Ok(ConfigFile { lines })
    }

    /// Reads an option of the command line: a line that stands in no file.
    pub(super) fn option(&self, text: &str) -> Result<ConfigLine, ClientConfigError> {
        let place = FilePosition {
            file: Path::new(&format!("-o {text}")).into(),
            line: 0,
        };
        let form = "an option is a keyword and its value, as in ConnectTimeout=5";
        if text.contains(['\n', '\0']) {
            return Err(ClientConfigError::line(&place, form));
        }
        let line = self.line(place.clone(), text, 0)?;
        let line = line.ok_or_else(|| ClientConfigError::line(&place, form))?;
        match line.keyword {
            None => Err(line.problem("no keyword that is known")),
            Some(Keyword::Host | Keyword::Match | Keyword::Include) => {
                Err(line.problem("it is for files; name one as the configuration"))
            }
            Some(_) => Ok(line),
        }
    }

    fn line(&self, place: FilePosition, text: &str, depth: usize) -> Result<Option<ConfigLine>, ClientConfigError> {
        let mut rest = Some(text.trim_end_matches([' ', '\t', '\r', '\n', '\x0c']));
        let mut keyword = next_word(&mut rest);
        if keyword.as_deref() == Some("") {
            keyword = next_word(&mut rest);
        }
        let Some(keyword) = keyword.filter(|word| !word.is_empty() && !word.starts_with('#')) else {
            return Ok(None);
        };
        let name = keyword.to_ascii_lowercase();
        let keyword = Keyword::of(&name);
        let text = rest.unwrap_or_default().trim_start_matches([' ', '\t', '\r', '\n']);
        if text.is_empty() {
            return Err(ClientConfigError::line(&place, format!("`{name}` has no value")));
        }
        let arguments =
            arguments(text).map_err(|_| ClientConfigError::line(&place, "a quote is opened and never closed"))?;
        let included = match keyword {
            Some(Keyword::Include) => self.included(&place, &arguments, depth)?,
            _ => Vec::new(),
        };
        let line = ConfigLine {
            text: text.to_owned(),
            place,
            name,
            keyword,
            arguments,
            included,
        };
        line.check(self.is_users)?;
        Ok(Some(line))
    }

    fn included(
        &self,
        place: &FilePosition,
        patterns: &[String],
        depth: usize,
    ) -> Result<Vec<ConfigFile>, ClientConfigError> {
        let mut files = Vec::new();
        for pattern in patterns {
            for path in self.named_by(place, pattern)? {
                match self.read_at(&path, true, depth + 1) {
                    Ok(file) => files.push(file),
                    // It has gone since its name was found.
                    Err(ClientConfigError::Unreadable { source, .. })
                        if source.kind() == std::io::ErrorKind::NotFound => {}
                    Err(error) => return Err(error),
                }
            }
        }
        Ok(files)
    }

    /// The files that a pattern names, sorted. None is fine.
    fn named_by(&self, place: &FilePosition, pattern: &str) -> Result<Vec<PathBuf>, ClientConfigError> {
        let bad = |problem: String| ClientConfigError::line(place, problem);
        let rooted = match pattern.strip_prefix('~') {
            Some(_) if !self.is_users => return Err(bad(format!("`{pattern}` cannot start with ~ here"))),
            Some(_) => self.local.at_home(pattern).map_err(bad)?,
            None if pattern.is_empty() => return Err(bad("Include names an empty file".to_owned())),
            None if pattern.starts_with('/') => pattern.to_owned(),
            None => format!("{}/{pattern}", self.base.display()),
        };
        let options = glob::MatchOptions {
            case_sensitive: true,
            require_literal_separator: true,
            require_literal_leading_dot: true,
        };
        let found = glob::glob_with(&rooted, options).map_err(|error| bad(format!("`{pattern}`: {error}")))?;
        let mut paths: Vec<PathBuf> = found.filter_map(Result::ok).collect();
        paths.sort_by(|one, other| one.as_os_str().cmp(other.as_os_str()));
        Ok(paths)
    }
}
