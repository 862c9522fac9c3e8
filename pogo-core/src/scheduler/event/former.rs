//! Causes in logs from before they were recorded, read from the text of the time.
//!
//! This is the one place that reads sentences. What this version writes for a person may be put into other words freely.

use super::{DoubtCause, HaltCause};

const RESTARTED: &str = "the dispatcher was restarted while it ran";
const JOB_TIMEOUT: &str = "the job's time limit ran out";
const MAX_FAILURES: &str = "hosts failed, more than max_failures allows";

/// What led to an attempt's being in doubt of which this was said.
pub(super) fn doubt_cause(message: &str) -> DoubtCause {
    match message == RESTARTED {
        true => DoubtCause::Restarted,
        false => DoubtCause::Reported,
    }
}

/// What led to the halt of a job of which this was said.
pub(super) fn halt_cause(reason: &str) -> HaltCause {
    match reason {
        JOB_TIMEOUT => HaltCause::JobTimeout,
        _ if is_over_budget(reason) => HaltCause::MaxFailures,
        _ => HaltCause::Order,
    }
}

/// Whether this is to the letter what a job said of which too many hosts had failed: an operator may quote a part of it.
fn is_over_budget(reason: &str) -> bool {
    let numbers = reason.split_once(MAX_FAILURES);
    numbers.is_some_and(|(failed, allowed)| {
        let allowed = allowed.strip_prefix(" (").and_then(|allowed| allowed.strip_suffix(')'));
        let number = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        failed.strip_suffix(' ').is_some_and(number) && allowed.is_some_and(number)
    })
}
