//! What is wrong with a source, where, and the cure: for a person and for a program.

mod excerpt;
mod line_span;
mod problem;
mod render;

pub use excerpt::Excerpt;
pub use line_span::LineSpan;
pub use problem::Diagnostic;
