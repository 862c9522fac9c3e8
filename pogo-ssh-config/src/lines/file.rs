//! Parses files into lines, with the files that they include.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::include::{absolute_pattern, matching_paths};
use super::keyword::Keyword;
use super::lex::Word;
use super::line::ConfigLine;
use super::read_files::ReadFiles;
use super::scope::ConfigScope;
use crate::local::LocalAccount;
use crate::position::LineProblem;

/// The deepest nesting of includes, as in OpenSSH.
const DEEPEST: usize = 16;

/// The most files that are read: ten `Include`s of the next file in each of sixteen would take for ever.
const MOST_FILES: usize = 1_000;

/// A line of a file, with the files that it includes.
#[derive(Debug, Clone)]
pub(crate) struct FileLine {
    pub(crate) line: ConfigLine,
    pub(crate) included: Vec<ConfigFile>,
}

/// A parsed file.
#[derive(Debug, Clone, Default)]
pub(crate) struct ConfigFile {
    pub(crate) lines: Vec<FileLine>,
    blocks: Blocks,
}

/// Lines up to the next `Host` or `Match`.
type Block = std::ops::Range<usize>;

/// An index of the blocks that may apply to a host. Blocks that only name other hosts are skipped: in a file with a
/// block for each of ten thousand hosts, that is nearly all.
#[derive(Debug, Clone, Default)]
struct Blocks {
    named: HashMap<String, Vec<usize>>,
    others: Vec<usize>,
    all: Vec<Block>,
}

impl ConfigFile {
    pub(crate) fn new(lines: Vec<FileLine>) -> Self {
        let is_start = |at: &FileLine| matches!(at.line.keyword, Some(Keyword::Host | Keyword::Match));
        let starts = lines
            .iter()
            .enumerate()
            .filter(|(_, line)| is_start(line))
            .map(|(at, _)| at);
        // Lines before the first block apply to every host.
        let starts: Vec<usize> = std::iter::once(0).chain(starts.filter(|at| *at > 0)).collect();
        let ends = starts.iter().skip(1).copied().chain([lines.len()]);
        let mut blocks = Blocks::default();
        for (number, (start, end)) in starts.iter().copied().zip(ends).enumerate() {
            blocks.all.push(start..end);
            let block = lines.get(start..end).unwrap_or_default();
            match named_hosts(block) {
                Some(names) => {
                    for name in names {
                        let of_name = blocks.named.entry(name).or_default();
                        // A line may name a host twice, and its block must not be applied twice:
                        // `IdentityFile` lines add up.
                        if of_name.last() != Some(&number) {
                            of_name.push(number);
                        }
                    }
                }
                None => blocks.others.push(number),
            }
        }
        Self { lines, blocks }
    }

    /// The lines that may apply to a host, in order.
    pub(crate) fn lines_for(&self, host: &str) -> impl Iterator<Item = &FileLine> {
        let named = self.blocks.named.get(host).into_iter().flatten();
        let mut blocks: Vec<usize> = named.chain(&self.blocks.others).copied().collect();
        // In the order of the file: the first value of a setting counts.
        blocks.sort_unstable();
        let ranges = blocks
            .into_iter()
            .filter_map(|number| self.blocks.all.get(number).cloned());
        ranges.flat_map(|range| self.lines.get(range).unwrap_or_default())
    }

    /// How many lines are examined for every host.
    pub(crate) fn lines_for_any_host(&self) -> usize {
        let blocks = self
            .blocks
            .others
            .iter()
            .filter_map(|number| self.blocks.all.get(*number));
        let included = self.lines.iter().flat_map(|line| &line.included);
        let included = included.map(Self::lines_for_any_host);
        blocks.map(ExactSizeIterator::len).chain(included).sum()
    }
}

/// The hosts that a block names, if it applies to no other and has no effect elsewhere.
fn named_hosts(block: &[FileLine]) -> Option<Vec<String>> {
    let (FileLine { line: first, .. }, settings) = block.split_first()?;
    let is_plain = |name: &str| !name.contains(['*', '?', '!']);
    let names = first.words.iter().map(|word| word.text.as_str());
    // Errors in included files, and unknown keywords, count even where the block does not apply.
    let matters_anyway = |at: &FileLine| matches!(at.line.keyword, None | Some(Keyword::Include));
    let is_named =
        first.keyword == Some(Keyword::Host) && names.clone().all(is_plain) && !settings.iter().any(matters_anyway);
    is_named.then(|| names.map(str::to_owned).collect())
}

/// Parses a file and those that it includes, in the order of their lines.
pub(crate) struct FileReader<'a, F> {
    /// The account of `~`.
    pub(crate) local: Option<&'a LocalAccount>,
    /// The directory of relative names: the user's `~/.ssh`, or `/etc/ssh`.
    pub(crate) base: &'a Path,
    /// Whose files they are.
    pub(crate) scope: ConfigScope,
    /// Reads a file; `None` if it was removed since its name was found. The flag is set for included files.
    pub(crate) read: F,
    /// Problems of lines, in order.
    pub(crate) problems: Vec<LineProblem>,
    /// What was read so far.
    pub(crate) read_files: ReadFiles,
    files: usize,
    is_full: bool,
}

impl<'a, E, F: FnMut(&Path, bool) -> Result<Option<Vec<u8>>, E>> FileReader<'a, F> {
    pub(crate) fn new(local: Option<&'a LocalAccount>, base: &'a Path, scope: ConfigScope, read: F) -> Self {
        Self {
            local,
            base,
            scope,
            read,
            problems: Vec::new(),
            read_files: ReadFiles::default(),
            files: 0,
            is_full: false,
        }
    }

    pub(crate) fn file(&mut self, path: &Path) -> Result<ConfigFile, E> {
        Ok(self.file_at(path, 0)?.unwrap_or_default())
    }

    fn file_at(&mut self, path: &Path, depth: usize) -> Result<Option<ConfigFile>, E> {
        self.read_files.note(path);
        let Some(bytes) = (self.read)(path, depth > 0)? else {
            return Ok(None);
        };
        self.files += 1;
        let file: Arc<Path> = path.into();
        let mut lines = Vec::new();
        for (number, text) in bytes.split(|byte| *byte == b'\n').enumerate() {
            if self.is_full {
                break;
            }
            // Up to a NUL byte, as C does.
            let text = text.split(|byte| *byte == 0).next().unwrap_or_default();
            lines.extend(self.line(&file, number + 1, &String::from_utf8_lossy(text), depth)?);
        }
        Ok(Some(ConfigFile::new(lines)))
    }

    /// Parses a line; records its problems.
    pub(crate) fn line(
        &mut self,
        file: &Arc<Path>,
        number: usize,
        text: &str,
        depth: usize,
    ) -> Result<Option<FileLine>, E> {
        let parsed = ConfigLine::parse(file, number, text).and_then(|line| match line {
            Some(line) => line.check(self.scope).map(|()| Some(line)),
            None => Ok(None),
        });
        match parsed {
            Ok(Some(mut line)) => {
                let included = match line.keyword {
                    Some(Keyword::Include) => self.included(&line, depth)?,
                    _ => vec![],
                };
                let (matched, included) = included.into_iter().unzip();
                line.matched = matched;
                Ok(Some(FileLine { line, included }))
            }
            Ok(None) => Ok(None),
            Err(problem) => {
                self.problems.push(*problem);
                Ok(None)
            }
        }
    }

    /// The files that an `Include` names, each with the position of its argument.
    fn included(&mut self, line: &ConfigLine, depth: usize) -> Result<Vec<(usize, ConfigFile)>, E> {
        let mut files = Vec::new();
        for (at, word) in line.words.iter().enumerate() {
            for path in self.matching(line, word) {
                self.note_limit(line, word, depth);
                if self.is_full {
                    return Ok(files);
                }
                files.extend(self.file_at(&path, depth + 1)?.map(|file| (at, file)));
            }
        }
        Ok(files)
    }

    /// The files that one argument of an `Include` names; records its problems.
    fn matching(&mut self, line: &ConfigLine, word: &Word) -> Vec<PathBuf> {
        let pattern = absolute_pattern(&word.text, self.base, self.local, self.scope);
        match pattern.and_then(|pattern| Ok((matching_paths(&pattern)?, pattern))) {
            Ok((paths, pattern)) => {
                self.read_files.note_included(pattern, paths.clone());
                paths
            }
            Err(problem) => {
                self.problems.push(line.problem_at(word, &problem));
                vec![]
            }
        }
    }

    /// Ends the reading where another file would be one too many.
    fn note_limit(&mut self, line: &ConfigLine, word: &Word, depth: usize) {
        let limit = if depth == DEEPEST {
            format!("files include each other more than {DEEPEST} levels deep")
        } else if self.files >= MOST_FILES {
            format!("more than {MOST_FILES} files are included")
        } else {
            return;
        };
        // Once, and then nothing more: with files that include each other, each would repeat the problem.
        if !std::mem::replace(&mut self.is_full, true) {
            let mut problem = line.problem_at(word, &limit);
            problem.hint = Some("does a file include itself?".to_owned());
            self.problems.push(problem);
        }
    }
}
