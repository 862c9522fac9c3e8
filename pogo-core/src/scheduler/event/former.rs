//! Causes in old logs, which recorded only their text.
//!
//! This is the only place that parses sentences. The texts of this version may be reworded freely.

use super::{DoubtCause, HaltCause};

const RESTARTED: &str = "the dispatcher was restarted while it ran";
const JOB_TIMEOUT: &str = "the job's time limit ran out";
const MAX_FAILURES: &str = "hosts failed, more than max_failures allows";

/// The cause of a doubt with this message.
pub(super) fn doubt_cause(message: &str) -> DoubtCause {
    match message == RESTARTED {
        true => DoubtCause::Restarted,
        false => DoubtCause::Reported,
    }
}

/// The cause of a halt with this reason.
pub(super) fn halt_cause(reason: &str) -> HaltCause {
    match reason {
        JOB_TIMEOUT => HaltCause::JobTimeout,
        _ if is_over_budget(reason) => HaltCause::MaxFailures,
        _ => HaltCause::Order,
    }
}

/// Whether this is to the letter what a job said of which too many hosts had failed: an operator may quote a part of
/// it.
fn is_over_budget(reason: &str) -> bool {
    let numbers = reason.split_once(MAX_FAILURES);
    numbers.is_some_and(|(failed, allowed)| {
        let allowed = allowed.strip_prefix(" (").and_then(|allowed| allowed.strip_suffix(')'));
        let number = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        failed.strip_suffix(' ').is_some_and(number) && allowed.is_some_and(number)
    })
}
