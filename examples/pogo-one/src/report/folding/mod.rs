//! Outputs that are the same, once for all hosts that wrote them.

mod diff;
mod kept;
mod outputs;
mod print;

pub(super) use outputs::Outputs;
pub(crate) use print::Form;
pub(super) use print::print;

#[cfg(test)]
mod tests;
