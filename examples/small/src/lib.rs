//! Small programs that embed pogo: see `src/bin` and `tests`. The README's quick start is tested here.

mod local;
mod racks;
mod register;

pub use local::Local;
pub use racks::Racks;
pub use register::Register;

/// The project's README.
#[cfg(doctest)]
#[doc = include_str!("../../../README.md")]
pub struct Readme;
