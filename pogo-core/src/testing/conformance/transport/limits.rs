//! Time limits, and attempts that nobody waits for any more.

use std::time::Duration;

use super::super::case::{Case, fail, hold, same, skip, within};
use super::place::{Place, first_line};
use crate::plan::Command;
use crate::scheduler::{Failure, FailureKind, Outcome, Phase};

const LONG: Duration = Duration::from_secs(128);

pub(super) async fn an_attempt_ends_within_its_time_limit(place: Place) -> Case {
    let mut attempt = place.attempt(place.lasting()?);
    attempt.time_limit = place.fixture.time_limit;
    match place.run(attempt).await?.outcome {
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

pub(super) async fn a_timeout_is_told_only_of_a_command_that_has_ended(place: Place) -> Case {
    place.needs_shell()?;
    let directory = place.directory().await?;
    let (mut limit, mut process, mut seen) = (place.fixture.time_limit, String::new(), None);
    // A host under load may not begin in so short a time, and then there is nothing to see.
    while process.is_empty() && limit <= LONG {
        let mut attempt = place.attempt(Command::shell(format!("echo $$ > {directory}/process; exec sleep 300")));
        attempt.time_limit = limit;
        seen = Some(place.run(attempt).await?);
        process = place
            .ask(&format!("cat {directory}/process 2>/dev/null || true"))
            .await?;
        limit *= 4;
    }
    let Some(seen) = seen.filter(|_| !process.is_empty()) else {
        return fail(format_args!("within {LONG:?} the command does not begin"));
    };
    let gone = !seen.has_failed() || place.is_gone(&process).await?;
    let _ = place.sh(&format!("kill -KILL {process}")).await;
    place.remove(&directory).await?;
    hold(
        gone,
        format_args!("the outcome is {:?}, and the command still runs", seen.outcome),
    )
}

pub(super) async fn a_dropped_attempt_leaves_its_host_usable(place: Place) -> Case {
    let mut attempt = place.attempt(place.lasting()?);
    attempt.time_limit = Duration::from_secs(20);
    let (succeeding, patience) = (place.succeeding()?, place.fixture.patience);
    let (running, mut watch) = place.begin(attempt);
    begins(patience, running, watch.reaches(Phase::Command)).await?;
    let seen = place.run(place.attempt(succeeding)).await?;
    same("the outcome of the next attempt", &seen.outcome, &Outcome::Succeeded)
}

pub(super) async fn a_dropped_attempt_is_cancelled(place: Place) -> Case {
    if place.fixture.transport.capabilities().confirms_cancel {
        return skip("it confirms cancellations, and is asked for them");
    }
    place.needs_shell()?;
    place.needs_output()?;
    let (running, watch) = place.begin(place.attempt(Command::shell("echo $$; exec sleep 300")));
    let patience = place.fixture.patience;
    let process = begins(patience, running, first_line(&watch)).await?;
    let gone = place.is_gone(&process).await?;
    let _ = place.sh(&format!("kill -KILL {process}")).await;
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
) -> Result<T, super::super::case::Stop> {
    use futures::future::{Either, select};
    match within(patience, select(std::pin::pin!(running), std::pin::pin!(sign))).await {
        Some(Either::Right((sign, _))) => Ok(sign),
        Some(Either::Left((outcome, _))) => fail(format_args!("a command that lasts gives {outcome:?}")),
        None => fail(format_args!(
            "within {patience:?} nothing tells that the command has begun"
        )),
    }
}
