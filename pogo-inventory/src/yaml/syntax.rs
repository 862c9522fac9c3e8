//! Explains YAML syntax errors to people who edit a policy rather than know the YAML grammar.

use granit_parser::{ErrorKind, ScanError};
use pogo_core::inventory::Diagnostic;

use crate::source::{SourceText, Span, narrow};

const QUOTE_RANGES: &str =
    "inside [ ] and { } quote host ranges and selectors with brackets: [\"web[1-3]\", \"$a&($b|$c)\"]";

/// Explains a parser error; `open` is the innermost incomplete list or map.
pub(super) fn explain(source: &SourceText<'_>, error: &ScanError, open: Option<Span>) -> Diagnostic {
    let span = span_of(source, error);
    if let Some(tab) = tab_in_indentation(source, span) {
        return source
            .diagnostic(tab, "YAML does not allow tabs in indentation")
            .with_hint("use spaces");
    }
    let unclosed = open.filter(|open| starts_flow(source, *open) && open.line < span.line);
    let (span, message, hint) = match (error.kind(), unclosed) {
        (ErrorKind::InvalidColonPlacement | ErrorKind::UnclosedFlowCollection { .. }, Some(open))
        | (
            ErrorKind::UnexpectedEof
            | ErrorKind::ExpectedFlowSequenceSeparator
            | ErrorKind::ExpectedFlowMappingSeparator
            | ErrorKind::InvalidIndentation
            | ErrorKind::InvalidFlowScalarIndent,
            Some(open),
        ) => (
            first_character(open),
            "this bracket is never closed".to_owned(),
            Some("close it, or begin the list on a line of its own with `- `"),
        ),
        (kind, _) => {
            let (message, hint) = describe(kind);
            (span, message, hint)
        }
    };
    let problem = source.diagnostic(span, format!("broken YAML: {message}"));
    match hint {
        Some(hint) => problem.with_hint(hint),
        None => problem,
    }
}

fn describe(kind: &ErrorKind) -> (String, Option<&'static str>) {
    let (message, hint) = match kind {
        ErrorKind::ExpectedFlowSequenceSeparator => ("expected `,` or `]`", Some(QUOTE_RANGES)),
        ErrorKind::ExpectedFlowMappingSeparator => ("expected `,` or `}`", Some(QUOTE_RANGES)),
        ErrorKind::MisplacedFlowCollectionEnd | ErrorKind::MismatchedFlowCollectionEnd { .. } => {
            ("this bracket closes nothing", Some(QUOTE_RANGES))
        }
        ErrorKind::UnclosedFlowCollection { .. } => ("a bracket is never closed", Some(QUOTE_RANGES)),
        ErrorKind::UnclosedQuotedScalar => ("this quote is never closed", None),
        ErrorKind::MappingValueNotAllowed => (
            "a `:` cannot stand here",
            Some("check the indentation, and quote text that holds `: `"),
        ),
        ErrorKind::ExpectedBlockMappingKey | ErrorKind::ExpectedBlockSequenceEntry | ErrorKind::InvalidIndentation => (
            "this line does not fit in with the lines above it",
            Some("the keys of a map, and the dashes of a list, begin in the same column"),
        ),
        ErrorKind::SimpleKeyExpected | ErrorKind::InvalidSimpleKey => ("expected `:` after this key", None),
        ErrorKind::MissingAnchorOrAliasName => (
            "`*` and `&` have a meaning of their own at the start of a value",
            Some("quote it: \"*\""),
        ),
        ErrorKind::RecursionLimitExceeded => ("nested too deep", Some("a file may nest 64 levels")),
        ErrorKind::UnexpectedCharacter { character } => {
            let message = format!("`{}` cannot stand here", character.escape_debug());
            return (message, Some("quote the value if it belongs to it"));
        }
        other => return (other.to_string(), None),
    };
    (message.to_owned(), hint)
}

/// `*name` without `&name`: usually a glob that needs quotes.
pub(super) fn unresolved(source: &SourceText<'_>, span: Span, name: &str) -> Diagnostic {
    let message = format!("`*{name}` is a YAML alias, but nothing is called `&{name}`");
    source
        .diagnostic(span, message)
        .with_hint(format!("quote a name pattern: \"*{name}\""))
}

/// `!name`: usually a selector that needs quotes.
pub(super) fn tagged(source: &SourceText<'_>, span: Span) -> Diagnostic {
    let tag = source.slice(span);
    source
        .diagnostic(span, format!("`{tag}` is a YAML type tag, which has no meaning here"))
        .with_hint("quote a selector that begins with `!`: \"!$frontend\"")
}

fn starts_flow(source: &SourceText<'_>, span: Span) -> bool {
    source
        .text
        .get(span.start as usize..)
        .is_some_and(|rest| rest.starts_with(['[', '{']))
}

fn first_character(span: Span) -> Span {
    Span {
        end: span.start + 1,
        ..span
    }
}

fn span_of(source: &SourceText<'_>, error: &ScanError) -> Span {
    let marker = error.marker();
    let start = marker.byte_offset().unwrap_or(source.text.len()).min(source.text.len());
    Span::new(start..start, marker.line(), narrow(marker.col()).saturating_add(1))
}

/// Finds a tab in the indentation: the parser stops after it, or on the next line.
fn tab_in_indentation(source: &SourceText<'_>, stopped: Span) -> Option<Span> {
    let line = source.line(stopped);
    let indentation = line.len() - line.trim_start_matches([' ', '\t']).len();
    let column = line.get(..indentation)?.find('\t')?;
    let start = source.line_start(stopped) + column;
    let column = narrow(column).saturating_add(1);
    Some(Span::new(start..start + 1, stopped.line as usize, column))
}
