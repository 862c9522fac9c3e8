//! `include:` further files.

use std::collections::HashSet;
use std::fs;
use std::path::{Path, PathBuf};

use pogo_core::inventory::{Diagnostic, InventoryError};

use crate::file;
use crate::guess::{self, FileKind};
use crate::source::{Problems, Span};
use crate::tree::{Node, Value, expect};

const EXAMPLE: &str = "include: [hosts.yaml, limits.yaml]";

/// The files of one policy: those being read and those read.
#[derive(Default)]
pub(super) struct Includes {
    open: Vec<PathBuf>,
    done: HashSet<PathBuf>,
    /// Every file that was read or could not be.
    pub(super) files: Vec<PathBuf>,
    /// Problems of the completed files.
    pub(super) found: Vec<Diagnostic>,
}

impl Includes {
    /// The longest chain of includes.
    const MAX_DEPTH: usize = 16;
    /// The most files.
    const MAX_FILES: usize = 1_000;

    /// Opens a file, whose includes are read until it is [closed](Self::close).
    pub(super) fn open(&mut self, path: &Path) -> Result<String, InventoryError> {
        // Before it is read: a file that is missing may be made later, which a watch has to see.
        self.files.push(path.to_owned());
        let text = file::read_text(path)?;
        self.open.push(identity(path));
        Ok(text)
    }

    /// Keeps the problems of a file that was read to its end.
    pub(super) fn close(&mut self, path: &Path, text: &str, problems: Problems<'_>) {
        let found = problems.into_sorted();
        self.found.extend(guess::hinted(
            found,
            FileKind::Policy,
            &path.display().to_string(),
            text,
        ));
        self.done.extend(self.open.pop());
    }

    /// The path of an included file, unless it was read already or may not be included here.
    pub(super) fn path(&self, problems: &mut Problems<'_>, span: Span, name: &str) -> Option<PathBuf> {
        let folder = Path::new(&*problems.source.name).parent().unwrap_or(Path::new(""));
        let path = folder.join(name);
        let identity = identity(&path);
        // Two files may include a third: read twice, its limits would stand there twice.
        if self.done.contains(&identity) {
            return None;
        }
        if let Some(at) = self.open.iter().position(|open| *open == identity) {
            let way = self.open.iter().skip(at).chain([&identity]);
            let way: Vec<_> = way.map(|path| path.display().to_string()).collect();
            let message = format!("`{name}` includes itself: {}", way.join(" -> "));
            problems.report_with(span, message, "take one of these includes out");
            return None;
        }
        // Links can make a chain without a circle as long as they like.
        if self.open.len() > Self::MAX_DEPTH {
            problems.report(span, format!("includes nest more than {} deep", Self::MAX_DEPTH));
            return None;
        }
        if self.open.len() + self.done.len() >= Self::MAX_FILES {
            problems.report(span, format!("more than {} files are included", Self::MAX_FILES));
            return None;
        }
        Some(path)
    }

    /// Keeps the error of an included file that could not be read.
    pub(super) fn failed(&mut self, problems: &mut Problems<'_>, span: Span, path: &Path, error: &InventoryError) {
        match error {
            InventoryError::Unavailable(problem) => {
                let message = format!("cannot include `{}`: {}", path.display(), problem.message);
                problems.report_with(span, message, "paths are relative to the file that includes");
            }
            error => self.found.extend(error.diagnostics().iter().cloned()),
        }
    }
}

/// The canonical path of a file, to detect cycles through links.
fn identity(path: &Path) -> PathBuf {
    fs::canonicalize(path).unwrap_or_else(|_| path.to_owned())
}

/// The nodes that name files; `None` if there is nothing to include.
pub(super) fn names<'n, 'a>(problems: &mut Problems<'_>, node: &'n Node<'a>) -> Option<&'n [Node<'a>]> {
    match &node.value {
        Value::Null => None,
        Value::Scalar(_) => Some(std::slice::from_ref(node)),
        Value::List(items) => Some(items),
        _ => {
            expect::expected(problems, node, "a list of files", EXAMPLE);
            None
        }
    }
}

/// The name of one file.
pub(super) fn name<'n>(problems: &mut Problems<'_>, node: &'n Node<'_>) -> Option<&'n str> {
    let name = node.scalar().map(|name| &**name);
    if name.is_none() {
        expect::expected(problems, node, "the name of a file", EXAMPLE);
    }
    name
}
