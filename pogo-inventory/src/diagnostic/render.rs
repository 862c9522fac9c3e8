//! A problem as text for a terminal.

use annotate_snippets::{AnnotationKind, Level, Renderer, Snippet};

use super::Diagnostic;

pub(super) fn render(problem: &Diagnostic, colour: bool) -> String {
    let title = match problem.place {
        Some(place) => format!(
            "{}:{}:{}: {}",
            problem.source, place.line, place.column, problem.message
        ),
        None => format!("{}: {}", problem.source, problem.message),
    };
    let excerpt = problem.excerpt.as_ref().map(super::Excerpt::padded);
    let mut group = Level::ERROR
        .no_name()
        .primary_title(title)
        .elements(None::<Snippet<'_, annotate_snippets::Annotation<'_>>>);
    if let (Some((text, range)), Some(place)) = (&excerpt, problem.place) {
        group = group.element(
            Snippet::source(text.as_str())
                .line_start(place.line as usize)
                .annotation(AnnotationKind::Primary.span(range.clone())),
        );
    }
    if let Some(hint) = &problem.hint {
        group = group.element(Level::HELP.message(hint.as_str()));
    }
    let renderer = if colour { Renderer::styled() } else { Renderer::plain() };
    renderer.render(&[group])
}
