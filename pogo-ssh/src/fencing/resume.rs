//! Learning the end of an attempt that an earlier dispatcher began.

use std::time::Duration;

use pogo_core::scheduler::{NeverBegan, Outcome, Phase};

use super::answer::HostAnswer;
use super::ask::ask;
use super::end::{GONE, outcome_of_end};
use super::record::{WITHOUT_LOCK, has_record};
use crate::classify::not_started;
use crate::context::TransportContext;
use crate::exec::{NotStarted, StopReason};
use crate::link::Link;
use crate::prepared::PreparedAttempt;

/// Connects, and waits for the end of the attempt for as long as it has. Its output went with its connection.
pub(crate) async fn resume(context: &TransportContext, prepared: &PreparedAttempt) -> Outcome {
    let link = match context.connect(prepared).await {
        Ok(link) => link,
        Err(outcome) => return outcome,
    };
    let answer = learn(context, &link, prepared).await;
    link.close().await;
    match answer {
        Ok(answer) => outcome_of(prepared, answer),
        Err(reason) => Outcome::in_doubt(format!(
            "the host could not be asked for the state of the attempt: {reason}"
        )),
    }
}

/// Waits on this connection for the end of the attempt, for as long as it has.
pub(crate) async fn learn(
    context: &TransportContext,
    link: &Link,
    prepared: &PreparedAttempt,
) -> Result<HostAnswer, String> {
    if !has_record(&prepared.attempt) {
        return Ok(HostAnswer::Unknown(WITHOUT_LOCK.to_owned()));
    }
    let exec = context.exec_context(link, prepared).into();
    let (left, _) = prepared.stop.by_the_host();
    let options = &context.config.gate;
    let answer = tokio::select! {
        biased;
        reason = prepared.stop.wait() => Err(reason),
        answer = ask(exec, options, &prepared.attempt, left) => Ok(answer),
    };
    match answer {
        Ok(answer) => answer,
        // What it says at once is all that there is time for.
        Err(reason) => match ask(exec, options, &prepared.attempt, Duration::ZERO).await {
            Ok(HostAnswer::Running) => Ok(HostAnswer::Unknown(still_runs(reason))),
            answer => answer,
        },
    }
}

fn still_runs(reason: StopReason) -> String {
    format!("{reason}, and the attempt, which another dispatcher began, still runs on the host")
}

fn outcome_of(prepared: &PreparedAttempt, answer: HostAnswer) -> Outcome {
    match answer {
        HostAnswer::NeverBegan => {
            let reason = "its dispatcher ended before the word to go reached the host".to_owned();
            not_started(Phase::Connect, NotStarted::NeverBegan(NeverBegan::NotSent, reason))
        }
        HostAnswer::Gone => Outcome::in_doubt(GONE),
        HostAnswer::Running => Outcome::in_doubt("the attempt still runs on the host"),
        HostAnswer::Unknown(message) => Outcome::in_doubt(message),
        HostAnswer::Ended(phase, report) => {
            prepared.report.phase(phase);
            outcome_of_end((phase, report), prepared.last_phase())
        }
    }
}
