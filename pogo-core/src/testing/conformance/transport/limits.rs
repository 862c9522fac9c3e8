//! Time limits, and attempts that nobody waits for any more.

use std::time::Duration;

use super::super::case::{Case, fail, hold, same, skip, within};
use super::context::{CaseContext, first_line};
use crate::plan::RemoteCommand;
use crate::scheduler::{Failure, FailureKind, NeverBegan, Outcome, Phase};

const LONG: Duration = Duration::from_secs(128);

pub(super) async fn an_attempt_ends_within_its_time_limit(context: CaseContext) -> Case {
    let mut attempt = context.attempt(context.lasting()?);
    attempt.time_limit = context.fixture.time_limit;
    match context.run(attempt).await?.outcome {
        Outcome::Failed(Failure {
            kind: FailureKind::Timeout,
            ..
        })
        | Outcome::InDoubt { .. } => Ok(()),
        other => fail(format_args!(
            "beyond the time limit the outcome is {other:?}, and not a timeout or a doubt"
        )),
    }
}

pub(super) async fn a_timeout_is_reported_only_of_a_command_that_has_ended(context: CaseContext) -> Case {
    context.needs_shell()?;
    let directory = context.directory().await?;
    let (mut limit, mut process, mut seen) = (context.fixture.time_limit, String::new(), None);
    // A host under load may not begin in so short a time, and then there is nothing to see.
    while process.is_empty() && limit <= LONG {
        let mut attempt = context.attempt(RemoteCommand::shell(format!(
            "echo $$ > {directory}/process; exec sleep 300"
        )));
        attempt.time_limit = limit;
        seen = Some(context.run(attempt).await?);
        process = context
            .ask(&format!("cat {directory}/process 2>/dev/null || true"))
            .await?;
        limit *= 4;
    }
    let Some(seen) = seen.filter(|_| !process.is_empty()) else {
        return fail(format_args!("within {LONG:?} the command does not begin"));
    };
    let gone = !seen.has_failed() || context.is_gone(&process).await?;
    let _ = context.sh(&format!("kill -KILL {process}")).await;
    context.remove(&directory).await?;
    hold(
        gone,
        format_args!("the outcome is {:?}, and the command still runs", seen.outcome),
    )
}

pub(super) async fn a_dropped_attempt_leaves_its_host_usable(context: CaseContext) -> Case {
    let mut attempt = context.attempt(context.lasting()?);
    attempt.time_limit = Duration::from_secs(20);
    let (succeeding, patience) = (context.succeeding()?, context.fixture.patience);
    let (running, mut watch) = context.begin(attempt);
    begins(patience, running, watch.reaches(Phase::Command)).await?;
    let seen = context.run(context.attempt(succeeding)).await?;
    if let Outcome::NeverBegan {
        reason: NeverBegan::Busy,
        ..
    } = seen.outcome
    {
        // What was dropped still runs under the host's lock.
        return Ok(());
    }
    same("the outcome of the next attempt", &seen.outcome, &Outcome::Succeeded)
}

pub(super) async fn a_dropped_attempt_is_cancelled(context: CaseContext) -> Case {
    if context.fixture.transport.capabilities().confirms_cancel {
        return skip("it confirms cancellations, and is asked for them");
    }
    context.needs_shell()?;
    context.needs_output()?;
    let (running, watch) = context.begin(context.attempt(RemoteCommand::shell("echo $$; exec sleep 300")));
    let patience = context.fixture.patience;
    let process = begins(patience, running, first_line(&watch)).await?;
    let gone = context.is_gone(&process).await?;
    let _ = context.sh(&format!("kill -KILL {process}")).await;
    hold(
        gone,
        format_args!("{patience:?} after the attempt was dropped, its command still runs"),
    )
}

/// Waits for a sign of an attempt, and drops the attempt then.
async fn begins<T>(
    patience: Duration,
    running: impl Future<Output = Outcome>,
    sign: impl Future<Output = T>,
) -> Result<T, super::super::case::EarlyEnd> {
    use futures::future::{Either, select};
    match within(patience, select(std::pin::pin!(running), std::pin::pin!(sign))).await {
        Some(Either::Right((sign, _))) => Ok(sign),
        Some(Either::Left((outcome, _))) => fail(format_args!("a command that lasts gives {outcome:?}")),
        None => fail(format_args!(
            "within {patience:?} nothing shows that the command has begun"
        )),
    }
}
