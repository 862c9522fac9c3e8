//! Guesses the type of a file that is not of the declared type.

mod by_keys;
mod by_lines;
mod file_kind;

use pogo_core::inventory::Diagnostic;

pub(crate) use file_kind::FileKind;
use file_kind::{Guess, guess};

use crate::file::without_mark;

/// Adds a hint with the guessed type to the first problem.
pub(crate) fn hinted(mut problems: Vec<Diagnostic>, own: FileKind, name: &str, text: &str) -> Vec<Diagnostic> {
    let guess = (!problems.is_empty()).then(|| of(text)).flatten();
    let (Some(Guess { kind, what }), Some(first)) = (guess, problems.first_mut()) else {
        return problems;
    };
    if kind == own {
        return problems;
    }
    let cure = kind.cure(name);
    let guess = format!("is this {what}? {cure}");
    *first = first.clone().with_hint(match &first.hint {
        Some(hint) => format!("{guess}; {hint}"),
        None => guess,
    });
    problems
}

/// Whether a text that is also valid as another type looks like CSV.
pub(crate) fn is_csv(text: &str) -> bool {
    of(text).is_some_and(|guess| guess.kind == FileKind::Csv)
}

/// The largest text that is examined, in bytes.
const MOST: usize = 1 << 20;

fn of(text: &str) -> Option<Guess> {
    let text = without_mark(text);
    // Loading it a second time would take as long as the first; the message must not wait for that.
    if text.len() > MOST {
        return None;
    }
    if text.starts_with("#!") {
        return guess(FileKind::Program, "a program");
    }
    // YAML last but one: it takes nearly every text for a list, a map or a word.
    by_lines::of(text)
        .or_else(|| by_keys::of(text))
        .or_else(|| by_lines::loose(text))
}
