//! What goes wrong in a world.

use std::time::Duration;

use crate::scheduler::Outcome;

/// What becomes of attempts on some hosts instead of success.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Mishap {
    /// Every attempt ends this way, after its usual time.
    Always(Outcome),
    /// The first attempts end this way, later ones well.
    First {
        /// How many.
        attempts: u32,
        /// How they end.
        outcome: Outcome,
    },
    /// An attempt ends this way with a probability, drawn for each attempt on its own.
    Sometimes {
        /// From 0 to 1.
        probability: f64,
        /// How it ends.
        outcome: Outcome,
    },
    /// It takes this much longer than it would.
    Slow(Duration),
    /// It never ends by itself.
    Hang,
}
