//! Cancellation, of transports that confirm it.

use super::super::case::{Case, EarlyEnd, fail, hold, skip, within};
use super::context::{CaseContext, first_line};
use crate::plan::RemoteCommand;
use crate::scheduler::{Outcome, Phase};
use crate::testing::SeenAttempt;

pub(super) async fn a_cancelled_attempt_ends(context: CaseContext) -> Case {
    needs_confirmation(&context)?;
    let seen = cancel(&context, context.lasting()?, Sign::Phase).await?.1;
    hold(
        seen.outcome != Outcome::Succeeded,
        "a command that was cancelled is said to have succeeded",
    )
}

pub(super) async fn a_cancelled_attempt_that_has_failed_has_ended(context: CaseContext) -> Case {
    needs_confirmation(&context)?;
    context.needs_shell()?;
    context.needs_output()?;
    let (process, seen) = cancel(&context, RemoteCommand::shell("echo $$; exec sleep 300"), Sign::Line).await?;
    // A doubt claims nothing, so that the command may still run.
    let gone = !seen.has_failed() || context.is_gone(&process).await?;
    // Before the verdict, so that a failed case leaves no process on the host for five minutes.
    let _ = context.sh(&format!("kill -KILL {process}")).await;
    hold(
        gone,
        format_args!("the outcome is {:?}, and the command still runs", seen.outcome),
    )
}

pub(super) async fn an_attempt_cancelled_at_once_ends(context: CaseContext) -> Case {
    needs_confirmation(&context)?;
    let (running, mut watch) = context.begin(context.attempt(context.lasting()?));
    watch.cancel();
    let patience = context.fixture.patience;
    let Some(outcome) = within(patience, running).await else {
        return fail(format_args!("it still runs {patience:?} after it was cancelled"));
    };
    let seen = watch.end(outcome).await;
    hold(
        seen.outcome != Outcome::Succeeded,
        "a command that was cancelled is said to have succeeded",
    )?;
    let doubt = matches!(seen.outcome, Outcome::InDoubt { .. });
    hold(
        !doubt || seen.phases.contains(&Phase::Command) || seen.phases.contains(&Phase::PreHook),
        "an attempt is in doubt whose command and hooks have not begun",
    )
}

fn needs_confirmation(context: &CaseContext) -> Case {
    if context.fixture.transport.capabilities().confirms_cancel {
        Ok(())
    } else {
        skip("it does not confirm cancellations")
    }
}

/// By what one sees that a command has begun.
enum Sign {
    /// The transport reports its phase.
    Phase,
    /// Its first line of output, which no phase can precede.
    Line,
}

/// Cancels a command once it has begun. Returns its first line, if that was waited for, and how it ended.
async fn cancel(context: &CaseContext, command: RemoteCommand, sign: Sign) -> Result<(String, SeenAttempt), EarlyEnd> {
    let (running, mut watch) = context.begin(context.attempt(command));
    let begin = async {
        let line = match sign {
            Sign::Line => first_line(&watch).await,
            Sign::Phase => {
                watch.reaches(Phase::Command).await;
                String::new()
            }
        };
        watch.cancel();
        line
    };
    let patience = context.fixture.patience;
    let both = async { futures::join!(running, begin) };
    match within(patience, both).await {
        Some((outcome, line)) => Ok((line, watch.end(outcome).await)),
        None => fail(format_args!(
            "a command that was cancelled as it began still runs after {patience:?}"
        )),
    }
}
