//! How attempts end.

use super::super::case::{Case, fail, hold, same, skip};
use super::context::CaseContext;
use crate::plan::RemoteCommand;
use crate::scheduler::{FailureKind, Outcome, Phase};

pub(super) async fn a_command_that_succeeds_has_succeeded(context: CaseContext) -> Case {
    let seen = context.run(context.attempt(context.succeeding()?)).await?;
    same("the outcome", &seen.outcome, &Outcome::Succeeded)
}

pub(super) async fn a_command_that_fails_has_failed_with_its_status(context: CaseContext) -> Case {
    let (command, status) = context.failing()?;
    let seen = context.run(context.attempt(command)).await?;
    match seen.outcome {
        Outcome::Failed(failure) => same("what failed", &failure.kind, &FailureKind::Command { status }),
        other => fail(format_args!("a command that exits with {status} gives {other:?}")),
    }
}

pub(super) async fn a_command_ended_by_a_signal_has_not_succeeded(context: CaseContext) -> Case {
    let seen = context.sh("kill -KILL $$").await?;
    hold(
        seen.outcome != Outcome::Succeeded,
        "a command that was killed is said to have succeeded",
    )
}

pub(super) async fn a_program_that_is_missing_has_failed(context: CaseContext) -> Case {
    context.needs_shell()?;
    let command = RemoteCommand::argv(["no-such-program-anywhere"]);
    let seen = context.run(context.attempt(command)).await?;
    hold(
        seen.has_failed(),
        format_args!("a program that is missing gives {:?}", seen.outcome),
    )
}

pub(super) async fn a_command_that_was_not_seen_to_begin_has_not_succeeded(context: CaseContext) -> Case {
    let Some(host) = context.fixture.forced.clone() else {
        return skip("the fixture has no host that runs something of its own");
    };
    let mut attempt = context.attempt(context.succeeding()?);
    attempt.host = host;
    let seen = context.run(attempt).await?;
    match seen.outcome {
        Outcome::Failed(failure) => same("what failed", &failure.kind, &FailureKind::Refused),
        other => fail(format_args!("a host that runs something of its own gives {other:?}")),
    }
}

pub(super) async fn each_attempt_runs_the_command_once(context: CaseContext) -> Case {
    let directory = context.directory().await?;
    for _ in 0..3 {
        let seen = context.sh(&format!("echo run >> {directory}/runs; exit 3")).await?;
        hold(
            seen.has_failed(),
            format_args!("exit status 3 gives {:?}", seen.outcome),
        )?;
    }
    let runs = context.ask(&format!("grep -c run {directory}/runs")).await?;
    context.remove(&directory).await?;
    same(
        "the number of runs of the command in 3 attempts",
        &runs,
        &"3".to_owned(),
    )
}

pub(super) async fn a_host_can_be_used_again_after_a_failure(context: CaseContext) -> Case {
    let (failing, _) = context.failing()?;
    let succeeding = context.succeeding()?;
    for _ in 0..2 {
        let failed = context.run(context.attempt(failing.clone())).await?;
        hold(
            failed.has_failed(),
            format_args!("a failure gives {:?}", failed.outcome),
        )?;
        let seen = context.run(context.attempt(succeeding.clone())).await?;
        same("the outcome after a failure", &seen.outcome, &Outcome::Succeeded)?;
    }
    Ok(())
}

pub(super) async fn attempts_at_once_keep_apart(context: CaseContext) -> Case {
    context.needs_shell()?;
    context.needs_output()?;
    let first = context.attempt(RemoteCommand::shell("for i in 1 2 3 4 5; do echo first; done; exit 4"));
    let mut second = context.attempt(RemoteCommand::shell("for i in 1 2 3 4 5; do echo second; done"));
    second.host = context.second_host()?;
    let (first, second) = futures::join!(context.run(first), context.run(second));
    let (first, second) = (first?, second?);
    hold(
        first.has_failed(),
        format_args!("the one that fails gives {:?}", first.outcome),
    )?;
    same("the outcome of the other", &second.outcome, &Outcome::Succeeded)?;
    same("output of the one", &first.stdout, &b"first\n".repeat(5))?;
    same("output of the other", &second.stdout, &b"second\n".repeat(5))
}

pub(super) async fn phases_are_reported_once_and_in_order(context: CaseContext) -> Case {
    let seen = context.run(context.attempt(context.succeeding()?)).await?;
    same("the outcome", &seen.outcome, &Outcome::Succeeded)?;
    hold(
        seen.phases.is_sorted_by(|one, next| one < next),
        format_args!("reported phases are {:?}", seen.phases),
    )?;
    hold(
        seen.phases.contains(&Phase::Command),
        format_args!("the command ran, but its reported phases are {:?}", seen.phases),
    )?;
    hold(
        !seen.phases.contains(&Phase::Settle),
        "it reports settling, which is the scheduler's",
    )
}
