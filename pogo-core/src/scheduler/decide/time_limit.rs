//! Messages for attempts that a time limit ended: the limit and its setting.

use crate::policy::ResolvedSettings;
use crate::scheduler::state::{Job, Running};
use crate::scheduler::{CancelReason, Failure, FailureKind};
use crate::time::HumanDuration;

/// Adds the time limit that led to a failure.
pub(in crate::scheduler) fn failure(running: &Running, job: &Job, mut failure: Failure) -> Failure {
    let reason = match (running.cancelling, &failure.kind) {
        (reason, FailureKind::Signal { .. }) => reason,
        // Transports know the limit of an attempt too, and may be the first to notice.
        (reason, FailureKind::Timeout) => Some(reason.unwrap_or(CancelReason::AttemptTimeout)),
        // It ended by itself just before the limit.
        _ => None,
    };
    if let Some(limit) = reason.and_then(|reason| limit(reason, &job.settings)) {
        failure.message = with_limit(format!("ended {limit}"), &failure.message);
    }
    failure
}

/// Adds the time limit that led to a doubt.
pub(in crate::scheduler) fn doubt(running: &Running, job: &Job, message: String) -> String {
    match running.cancelling.and_then(|reason| limit(reason, &job.settings)) {
        // Said in words as well as by the cause: the message is what people see in summaries and
        // logs.
        Some(limit) => with_limit(format!("told to end {limit}"), &message),
        None => message,
    }
}

fn limit(reason: CancelReason, settings: &ResolvedSettings) -> Option<String> {
    match reason {
        CancelReason::AttemptTimeout => Some(format!(
            "after {} by the time limit of an attempt (attempt_timeout / --timeout)",
            HumanDuration(settings.attempt_timeout)
        )),
        CancelReason::JobTimeout => Some(format!(
            "by the time limit of the job, {} (job_timeout / --job-timeout)",
            HumanDuration(settings.job_timeout?)
        )),
        CancelReason::Shutdown => Some("by the shutdown of its dispatcher".to_owned()),
        CancelReason::Abort => None,
    }
}

/// Adds the limit to a message.
fn with_limit(limit: String, message: &str) -> String {
    match message.is_empty() {
        true => limit,
        false => format!("{limit}; {message}"),
    }
}
