//! What the comparisons with real tools share: random inputs from a seed, and the differences that are known.
#![allow(dead_code, reason = "each comparison uses a part of it")]

mod dice;
mod differences;
mod tally;

pub(crate) use dice::{Dice, Rounds};
pub(crate) use differences::{KNOWN, RefusedBy, Tool};
pub(crate) use tally::Tally;
