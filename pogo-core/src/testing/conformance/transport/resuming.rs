//! Attempts that are resumed after a restart.

use std::hash::{BuildHasher, RandomState};

use super::super::case::{Case, EarlyEnd, fail, hold, same, skip, within};
use super::context::{CaseContext, first_line};
use crate::dispatcher::Attempt;
use crate::plan::ExecOptions;
use crate::scheduler::{Failure, FailureKind, Outcome};

pub(super) async fn a_resumed_attempt_goes_on_where_it_is(context: CaseContext) -> Case {
    let attempt = |line: &str| resumable(&context, line);
    attempt("true")?;
    let directory = context.directory().await?;
    // It ends by itself: nobody else can run anything there meanwhile.
    let line = format!("echo begun; echo ran >> {directory}/ran; sleep 2; echo over; exit 7");
    let mut attempt = attempt(&line)?;
    let (running, watch) = context.begin(attempt.clone());
    let patience = context.fixture.patience;
    // Whoever awaited it is gone.
    match within(
        patience,
        futures::future::select(Box::pin(running), Box::pin(first_line(&watch))),
    )
    .await
    {
        Some(futures::future::Either::Right(_)) => {}
        _ => {
            return fail(format_args!(
                "within {patience:?} no output shows that the command has begun"
            ));
        }
    }
    attempt.resumed = true;
    let seen = context.run(attempt).await?;
    let ran = context.ask(&format!("cat {directory}/ran")).await?;
    context.remove(&directory).await?;
    same(
        "what the command wrote, once for each time that it ran,",
        &ran.as_str(),
        &"ran",
    )?;
    match &seen.outcome {
        Outcome::Failed(Failure {
            kind: FailureKind::Command { status: 7 },
            ..
        }) => {}
        other => {
            return fail(format_args!(
                "the command ended with status 7, and its outcome is {other:?}"
            ));
        }
    }
    let output = String::from_utf8_lossy(&seen.stdout);
    hold(
        output.ends_with("over\n"),
        format_args!("what the command wrote after it was resumed is missing: {output:?}"),
    )
}

pub(super) async fn a_resumed_attempt_that_cannot_be_found_is_not_begun(context: CaseContext) -> Case {
    resumable(&context, "true")?;
    let directory = context.directory().await?;
    let mut attempt = resumable(&context, &format!("echo ran > {directory}/ran"))?;
    attempt.resumed = true;
    let seen = context.run(attempt).await?;
    let there = context.ask(&format!("ls {directory}")).await?;
    context.remove(&directory).await?;
    hold(
        there.is_empty(),
        "an attempt that could not be found was begun: it may have run before",
    )?;
    hold(
        seen.outcome != Outcome::Succeeded,
        "an attempt that could not be found has succeeded",
    )
}

/// An attempt that the transport says it can resume.
fn resumable(context: &CaseContext, line: &str) -> Result<Attempt, EarlyEnd> {
    context.needs_shell()?;
    context.needs_output()?;
    // The host may know attempts of the same number from the last time that the suite ran.
    let nonce = RandomState::new().hash_one(());
    let exec_options = ExecOptions::new().detached(format!("conformance-{nonce:x}"));
    let attempt = context.exec_options(line, exec_options);
    if context.fixture.transport.resumes(&attempt) {
        Ok(attempt)
    } else {
        skip("it does not resume attempts")
    }
}
