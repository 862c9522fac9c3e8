//! `pogo grants` and `pogo token`: who may do what, and how they are known.

mod check;
mod token;

pub(crate) use check::grants;
pub(crate) use token::{token, tokens_of};
