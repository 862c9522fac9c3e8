//! Fencing a host: the state of an attempt there, which begins no more.

use std::sync::Arc;
use std::time::Duration;

use pogo_core::dispatcher::Attempt;
use pogo_core::scheduler::{FenceAnswer, Outcome, Phase};
use tokio::time::timeout;

use super::answer::HostAnswer;
use super::ask::ask;
use super::end::{GONE, outcome_of_end};
use super::record::{WITHOUT_LOCK, has_record};
use crate::config::GateOptions;
use crate::context::TransportContext;
use crate::exec::{Session, is_forced};
use crate::target::Target;

/// Connects to the attempt's host and asks it.
pub(crate) async fn ask_host(
    context: &TransportContext,
    attempt: &Attempt,
    target: &Arc<Target>,
) -> Result<HostAnswer, String> {
    let link = context.connector.connect(target).await.map_err(|error| error.message)?;
    let side = context.side_context(&link, target);
    // Without waiting: the dispatcher asks again, and a connection to each host in doubt is not
    // held meanwhile.
    let answer = ask(side, &context.config.gate, attempt, Duration::ZERO).await;
    link.close().await;
    answer
}

/// The answer of a host that is asked so, within the attempt's time limit.
pub(crate) async fn fence(
    attempt: &Attempt,
    options: &GateOptions,
    asking: impl Future<Output = Result<HostAnswer, String>>,
) -> FenceAnswer {
    if is_forced(attempt) {
        // Asking would run the forced command.
        return FenceAnswer::unreachable("the host runs one command and nothing else, and cannot be asked");
    }
    if !has_record(attempt) {
        return FenceAnswer::unreachable(WITHOUT_LOCK);
    }
    match timeout(attempt.time_limit, asking).await {
        Ok(Ok(answer)) => fence_answer(answer, || last_phase(attempt, options)),
        Ok(Err(message)) => FenceAnswer::unreachable(message),
        Err(_) => FenceAnswer::unreachable(format!(
            "the host did not answer within {} s",
            attempt.time_limit.as_secs()
        )),
    }
}

fn last_phase(attempt: &Attempt, options: &GateOptions) -> Phase {
    let sessions = Session::all_of(attempt, None, Some(options));
    let last = sessions.last().and_then(|session| session.phases.last());
    match last {
        // The restart follows, which the record does not know.
        Some(Phase::Command) if attempt.exec_options.reboot.is_some() => Phase::PostHook,
        last => last.copied().unwrap_or(Phase::Command),
    }
}

fn fence_answer(answer: HostAnswer, last: impl FnOnce() -> Phase) -> FenceAnswer {
    match answer {
        HostAnswer::NeverBegan => FenceAnswer::NeverBegan,
        HostAnswer::Gone => FenceAnswer::Ended(Outcome::in_doubt(GONE)),
        HostAnswer::Running => FenceAnswer::StillRunning,
        HostAnswer::Unknown(message) => FenceAnswer::unreachable(message),
        HostAnswer::Ended(phase, report) => FenceAnswer::Ended(outcome_of_end((phase, report), last())),
    }
}
