//! A problem as text for a terminal.

use std::borrow::Cow;
use std::fmt;

use annotate_snippets::{AnnotationKind, Level, Renderer, Snippet};

use super::Diagnostic;
use crate::fleet::is_invisible;

impl Diagnostic {
    /// For a terminal: with the line, a caret and the hint, in colours if wanted.
    pub fn render(&self, colour: bool) -> String {
        render(self, colour)
    }
}

impl fmt::Display for Diagnostic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.render(false))
    }
}

fn render(problem: &Diagnostic, colour: bool) -> String {
    let title = match problem.position {
        Some(position) => format!(
            "{}:{}:{}: {}",
            problem.source, position.line, position.column, problem.message
        ),
        None => format!("{}: {}", problem.source, problem.message),
    };
    let excerpt = problem.excerpt.as_ref().map(super::Excerpt::padded);
    let mut group = Level::ERROR
        .no_name()
        .primary_title(harmless(&title))
        .elements(None::<Snippet<'_, annotate_snippets::Annotation<'_>>>);
    if let (Some((text, range)), Some(position)) = (&excerpt, problem.position) {
        group = group.element(
            Snippet::source(text.as_str())
                .line_start(position.line as usize)
                .annotation(AnnotationKind::Primary.span(range.clone())),
        );
    }
    if let Some(hint) = &problem.hint {
        group = group.element(Level::HELP.message(harmless(hint)));
    }
    let renderer = if colour { Renderer::styled() } else { Renderer::plain() };
    renderer.render(&[group])
}

/// What a file or its name holds must not steer the terminal.
fn harmless(text: &str) -> Cow<'_, str> {
    let steers = |character: char| (character.is_control() && character != '\n') || is_invisible(character);
    if !text.contains(steers) {
        return Cow::Borrowed(text);
    }
    let mut harmless = String::with_capacity(text.len() + 8);
    for character in text.chars() {
        match steers(character) {
            true if character.is_control() => harmless.extend(character.escape_debug()),
            // Fillers count as letters, which nobody else escapes.
            true => harmless.extend(character.escape_unicode()),
            false => harmless.push(character),
        }
    }
    Cow::Owned(harmless)
}
