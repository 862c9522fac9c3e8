//! What is in the way, with every order that clears it.

use pogo_core::Timestamp;
use pogo_core::scheduler::Obstacle;

use crate::report::{moment, visible};

/// How many obstacles are shown.
const MOST: usize = 20;

/// A sentence for each obstacle, and below it a command a line.
pub(super) fn lines(obstacles: &[Obstacle], now: Timestamp) -> String {
    let mut text = String::new();
    for obstacle in obstacles.iter().take(MOST) {
        let what = obstacle.blocker.describe(&|at| moment(at, now));
        text.push_str(&format!("  {}\n", visible(&what)));
        if obstacle.passes {
            text.push_str("    passes by itself\n");
        }
        for cure in &obstacle.cures {
            text.push_str(&format!("    {}\n", visible(&cure.to_string())));
        }
    }
    if let Some(more @ 1..) = obstacles.len().checked_sub(MOST) {
        text.push_str(&format!("  and {more} more\n"));
    }
    text
}
