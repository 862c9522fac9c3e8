//! Folded output: each distinct output once, with the hosts that wrote it.

mod diff;
mod outputs;
mod print;
mod store;

#[cfg(feature = "store")]
pub(crate) use diff::diff;
pub(super) use outputs::Outputs;
pub(crate) use print::FoldStyle;
pub(super) use print::print;

#[cfg(test)]
mod tests;
