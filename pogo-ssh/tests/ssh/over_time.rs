//! Commands that go on for longer than they may.

use std::time::Duration;

use pogo_core::dispatcher::Transport;
use pogo_core::scheduler::Outcome;

use crate::attempt::{Report, TestAttempt};

/// Runs a command of this many lines that goes on for too long. How much time it takes to begin it, and in the last
/// quarter of its limit to show that all has ended, depends on the machine: where the limit was too short for that,
/// another attempt has a longer one.
pub(crate) async fn over_its_time(
    transport: &dyn Transport,
    lines: usize,
    attempt: impl Fn(usize) -> TestAttempt,
) -> Report {
    let mut limit = Duration::from_secs(5);
    for number in 1.. {
        let report = attempt(number).within(limit).run(transport).await;
        let is_shown = !matches!(report.outcome, Outcome::InDoubt { .. });
        if is_shown && report.stdout.lines().count() == lines {
            return report;
        }
        // Of the last one something may still run.
        if !matches!(report.outcome, Outcome::NeverBegan { .. }) {
            limit *= 4;
        }
        assert!(limit < Duration::from_secs(600), "{report:#?}");
    }
    unreachable!("there is always one more")
}
