//! Reads the line of a problem from its file.

use pogo_core::inventory::Diagnostic;

/// Adds the problem's line, if its source is a readable file. Lines that may contain secrets are not shown.
pub fn with_line(problem: Diagnostic) -> Diagnostic {
    #[cfg(feature = "text")]
    if let (Some(position), Ok(text)) = (
        problem.position,
        crate::file::read_text(std::path::Path::new(&*problem.source)),
    ) {
        // The file may have changed since: what is shown is the line as it is now, or none.
        let line = text.split('\n').nth(position.line.saturating_sub(1) as usize);
        if line.is_some_and(|line| !crate::source::looks_secret(line)) {
            return problem.with_excerpt(&text);
        }
    }
    problem
}
