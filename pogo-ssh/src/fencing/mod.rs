//! Asking a host what became of an attempt, and keeping it from beginning later.

mod answer;
mod ask;
mod resume;
mod script;

pub(crate) use answer::HostAnswer;
pub(crate) use resume::{learn, resume};
