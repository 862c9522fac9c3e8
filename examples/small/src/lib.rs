//! Small examples of linking pogo: see `src/bin` and `tests`. The README's quick start is tested here.

mod local;

pub use local::Local;

/// The project's README.
#[cfg(doctest)]
#[doc = include_str!("../../../README.md")]
pub struct Readme;
