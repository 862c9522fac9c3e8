//! A scheduler under test, with everything that has happened to it.

#[allow(
    clippy::module_inception,
    reason = "the drill itself, beside what its steps stand for"
)]
mod drill;
mod input;

pub use drill::Drill;
