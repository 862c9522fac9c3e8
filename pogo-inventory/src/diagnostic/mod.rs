//! Problems of sources, for a person and for a program.

mod alike;
mod line;

pub use alike::Alike;
pub use line::with_line;
pub use pogo_core::inventory::{Diagnostic, Excerpt, LineSpan};
