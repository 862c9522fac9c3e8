//! How attempts end.

use super::super::case::{Case, fail, hold, same, skip};
use super::place::Place;
use crate::plan::Command;
use crate::scheduler::{FailureKind, Outcome, Phase};

pub(super) async fn a_command_that_succeeds_has_succeeded(place: Place) -> Case {
    let seen = place.run(place.attempt(place.succeeding()?)).await?;
    same("the outcome", &seen.outcome, &Outcome::Succeeded)
}

pub(super) async fn a_command_that_fails_has_failed_with_its_status(place: Place) -> Case {
    let (command, status) = place.failing()?;
    let seen = place.run(place.attempt(command)).await?;
    match seen.outcome {
        Outcome::Failed(failure) => same("what failed", &failure.kind, &FailureKind::Command { status }),
        other => fail(format_args!("a command that exits with {status} gives {other:?}")),
    }
}

pub(super) async fn a_command_ended_by_a_signal_has_not_succeeded(place: Place) -> Case {
    let seen = place.sh("kill -KILL $$").await?;
    hold(
        seen.outcome != Outcome::Succeeded,
        "a command that was killed is said to have succeeded",
    )
}

pub(super) async fn a_program_that_is_missing_has_failed(place: Place) -> Case {
    place.needs_shell()?;
    let command = Command::argv(["no-such-program-anywhere"]);
    let seen = place.run(place.attempt(command)).await?;
    hold(
        seen.has_failed(),
        format_args!("a program that is missing gives {:?}", seen.outcome),
    )
}

pub(super) async fn a_command_that_was_not_seen_to_begin_has_not_succeeded(place: Place) -> Case {
    let Some(host) = place.fixture.forced.clone() else {
        return skip("the fixture has no host that runs something of its own");
    };
    let mut attempt = place.attempt(place.succeeding()?);
    attempt.host = host;
    let seen = place.run(attempt).await?;
    match seen.outcome {
        Outcome::Failed(failure) => same("what failed", &failure.kind, &FailureKind::Refused),
        other => fail(format_args!("a host that runs something of its own gives {other:?}")),
    }
}

pub(super) async fn each_attempt_runs_the_command_once(place: Place) -> Case {
    let directory = place.directory().await?;
    for _ in 0..3 {
        let seen = place.sh(&format!("echo run >> {directory}/runs; exit 3")).await?;
        hold(
            seen.has_failed(),
            format_args!("exit status 3 gives {:?}", seen.outcome),
        )?;
    }
    let runs = place.ask(&format!("grep -c run {directory}/runs")).await?;
    place.remove(&directory).await?;
    same(
        "the number of runs of the command in 3 attempts",
        &runs,
        &"3".to_owned(),
    )
}

pub(super) async fn a_host_can_be_used_again_after_a_failure(place: Place) -> Case {
    let (failing, _) = place.failing()?;
    let succeeding = place.succeeding()?;
    for _ in 0..2 {
        let failed = place.run(place.attempt(failing.clone())).await?;
        hold(
            failed.has_failed(),
            format_args!("a failure gives {:?}", failed.outcome),
        )?;
        let seen = place.run(place.attempt(succeeding.clone())).await?;
        same("the outcome after a failure", &seen.outcome, &Outcome::Succeeded)?;
    }
    Ok(())
}

pub(super) async fn attempts_at_once_keep_apart(place: Place) -> Case {
    place.needs_shell()?;
    place.needs_output()?;
    let first = place.attempt(Command::shell("for i in 1 2 3 4 5; do echo first; done; exit 4"));
    let mut second = place.attempt(Command::shell("for i in 1 2 3 4 5; do echo second; done"));
    second.host = place.second_host()?;
    let (first, second) = futures::join!(place.run(first), place.run(second));
    let (first, second) = (first?, second?);
    hold(
        first.has_failed(),
        format_args!("the one that fails gives {:?}", first.outcome),
    )?;
    same("the outcome of the other", &second.outcome, &Outcome::Succeeded)?;
    same("output of the one", &first.stdout, &b"first\n".repeat(5))?;
    same("output of the other", &second.stdout, &b"second\n".repeat(5))
}

pub(super) async fn phases_are_told_once_and_in_order(place: Place) -> Case {
    let seen = place.run(place.attempt(place.succeeding()?)).await?;
    same("the outcome", &seen.outcome, &Outcome::Succeeded)?;
    hold(
        seen.phases.is_sorted_by(|one, next| one < next),
        format_args!("phases are told as {:?}", seen.phases),
    )?;
    hold(
        seen.phases.contains(&Phase::Command),
        format_args!("the command has run, and of its phases are told {:?}", seen.phases),
    )?;
    hold(
        !seen.phases.contains(&Phase::Settle),
        "it tells of settling, which is the scheduler's",
    )
}
