//! `include:` further files.

use std::collections::HashSet;
use std::fs;
use std::path::{Path, PathBuf};

use pogo_core::inventory::{Diagnostic, InventoryError};

use super::document::{self, Reading};
use crate::file;
use crate::guess;
use crate::source::{Problems, SourceText, Span};
use crate::tree::{Node, Value, expect};

const EXAMPLE: &str = "include: [hosts.yaml, limits.yaml]";

/// The files of one policy: which are being read, and which have been.
#[derive(Default)]
pub(super) struct Includes {
    open: Vec<PathBuf>,
    done: HashSet<PathBuf>,
    /// Every file that was read or should have been.
    pub(super) files: Vec<PathBuf>,
    /// Problems of the files that are finished.
    pub(super) found: Vec<Diagnostic>,
}

impl Includes {
    /// Files that may include each other in a chain.
    const MAX_DEPTH: usize = 16;
    /// Files in all.
    const MAX_FILES: usize = 1_000;

    /// Reads a file and what it includes. A file that cannot be read is the error; what is wrong inside is found.
    pub(super) fn file(&mut self, path: &Path, reading: &mut Reading) -> Result<(), InventoryError> {
        self.files.push(path.to_owned());
        let text = file::read_text(path)?;
        self.open.push(identity(path));
        let mut problems = Problems::new(SourceText::new(path.display().to_string(), &text));
        document::read(&mut problems, reading, Some(self));
        let found = problems.into_sorted();
        self.found
            .extend(guess::hinted(found, "policy", &path.display().to_string(), &text));
        self.done.extend(self.open.pop());
        Ok(())
    }

    fn include(&mut self, problems: &mut Problems<'_>, span: Span, name: &str, reading: &mut Reading) {
        let folder = Path::new(&*problems.source.name).parent().unwrap_or(Path::new(""));
        let path = folder.join(name);
        let identity = identity(&path);
        if self.done.contains(&identity) {
            return;
        }
        if let Some(at) = self.open.iter().position(|open| *open == identity) {
            let way = self.open.iter().skip(at).chain([&identity]);
            let way: Vec<_> = way.map(|path| path.display().to_string()).collect();
            let message = format!("`{name}` includes itself: {}", way.join(" -> "));
            return problems.report_with(span, message, "take one of these includes out");
        }
        if self.open.len() > Self::MAX_DEPTH {
            return problems.report(span, format!("includes nest more than {} deep", Self::MAX_DEPTH));
        }
        if self.open.len() + self.done.len() >= Self::MAX_FILES {
            return problems.report(span, format!("more than {} files are included", Self::MAX_FILES));
        }
        match self.file(&path, reading) {
            Ok(()) => {}
            Err(InventoryError::Unavailable(problem)) => {
                let message = format!("cannot include `{}`: {}", path.display(), problem.message);
                problems.report_with(span, message, "paths are relative to the file that includes");
            }
            Err(error) => self.found.extend(error.diagnostics().iter().cloned()),
        }
    }
}

/// A file under all its names, so that links cannot lead around in circles.
fn identity(path: &Path) -> PathBuf {
    fs::canonicalize(path).unwrap_or_else(|_| path.to_owned())
}

pub(super) fn read(
    problems: &mut Problems<'_>,
    node: &Node<'_>,
    reading: &mut Reading,
    includes: Option<&mut Includes>,
) {
    let nodes = match &node.value {
        Value::Null => return,
        Value::Scalar(_) => std::slice::from_ref(node),
        Value::List(items) => items,
        _ => return expect::expected(problems, node, "a list of files", EXAMPLE),
    };
    let Some(includes) = includes else {
        let hint = "read it from a file, to whose folder the included files are relative";
        return problems.report_with(node.span, "a text without a file cannot include files", hint);
    };
    for node in nodes {
        match node.scalar() {
            Some(name) => includes.include(problems, node.span, name, reading),
            None => expect::expected(problems, node, "the name of a file", EXAMPLE),
        }
    }
}
