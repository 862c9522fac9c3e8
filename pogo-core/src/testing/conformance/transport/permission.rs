//! Nothing runs on a host before the attempt was permitted to begin.

use super::super::case::{Case, EarlyEnd, fail, hold, skip, within};
use super::context::CaseContext;
use super::evidence::EvidenceOfRun;
use crate::dispatcher::BeginRequest;
use crate::plan::RemoteCommand;
use crate::scheduler::{BeginRefused, NeverBegan, Outcome, Phase};
use crate::testing::{AttemptWatch, SeenAttempt, TestAttempt, TestPermission};

pub(super) async fn nothing_runs_before_permission(context: CaseContext) -> Case {
    needs_permission(&context)?;
    let succeeding = context.succeeding()?;
    let seen = ask(&context, succeeding, |request, watch| {
        let early = watch.phases_so_far().into_iter().find(|phase| *phase > Phase::Connect);
        request.answer(Ok(()));
        early
    });
    let (seen, early) = seen.await?;
    if let Some(phase) = early {
        return fail(format_args!("{phase} is reported to begin before permission was given"));
    }
    hold(
        seen.outcome == Outcome::Succeeded,
        format_args!(
            "a command that succeeds was permitted to begin, and its outcome is {:?}",
            seen.outcome
        ),
    )
}

pub(super) async fn a_refused_attempt_runs_nothing(context: CaseContext) -> Case {
    needs_permission(&context)?;
    let evidence = EvidenceOfRun::new(&context).await?;
    let refused = TestPermission::Refuse(BeginRefused::Cancelled);
    let (attempt, report, watch) = TestAttempt(context.attempt(evidence.command(&context)?)).start_with(refused);
    let patience = context.fixture.patience;
    let Some(outcome) = within(patience, context.fixture.transport.run(attempt, report)).await else {
        return fail(format_args!(
            "{patience:?} after it was refused, the attempt still runs"
        ));
    };
    let seen = watch.end(outcome).await;
    if seen.asked.is_empty() {
        return fail("it declares that it asks for permission, and does not");
    }
    never_began(&seen, Some(NeverBegan::Refused))?;
    evidence.must_be_missing(&context).await
}

pub(super) async fn an_attempt_cancelled_before_permission_never_began(context: CaseContext) -> Case {
    needs_permission(&context)?;
    if !context.fixture.transport.capabilities().confirms_cancel {
        return skip("it does not confirm cancellations");
    }
    let evidence = EvidenceOfRun::new(&context).await?;
    let command = evidence.command(&context)?;
    // The request is kept, and never answered.
    let (seen, _request) = ask(&context, command, |request, watch| {
        watch.cancel();
        request
    })
    .await?;
    never_began(&seen, None)?;
    evidence.must_be_missing(&context).await
}

pub(super) async fn an_attempt_whose_dispatcher_is_gone_never_begins(context: CaseContext) -> Case {
    needs_permission(&context)?;
    let evidence = EvidenceOfRun::new(&context).await?;
    let command = evidence.command(&context)?;
    let (seen, ()) = ask(&context, command, |request, _| drop(request)).await?;
    never_began(&seen, None)?;
    evidence.must_be_missing(&context).await
}

pub(super) async fn an_attempt_dropped_before_permission_runs_nothing(context: CaseContext) -> Case {
    needs_permission(&context)?;
    context.needs_shell()?;
    context.needs_output()?;
    let evidence = EvidenceOfRun::new(&context).await?;
    let attempt = context.attempt(evidence.command(&context)?);
    let (attempt, report, mut watch) = TestAttempt(attempt).start_with(TestPermission::Leave);
    let patience = context.fixture.patience;
    let asked = {
        let running = context.fixture.transport.run(attempt, report);
        let asks = async { within(patience, watch.asks()).await };
        futures::pin_mut!(running, asks);
        match futures::future::select(running, asks).await {
            futures::future::Either::Left((outcome, _)) => {
                return fail(format_args!("it ends with {outcome:?} while it waits for permission"));
            }
            futures::future::Either::Right((asked, _)) => asked,
        }
    };
    hold(
        asked.is_some(),
        format_args!("it asks for no permission within {patience:?}"),
    )?;
    evidence.must_be_missing(&context).await
}

fn needs_permission(context: &CaseContext) -> Case {
    if context.fixture.transport.capabilities().asks_permission {
        Ok(())
    } else {
        skip("it does not ask for permission to begin")
    }
}

/// Runs an attempt, and does this when it asks whether it may begin.
async fn ask<T>(
    context: &CaseContext,
    command: RemoteCommand,
    act: impl FnOnce(BeginRequest, &mut AttemptWatch) -> T,
) -> Result<(SeenAttempt, T), EarlyEnd> {
    let (attempt, report, mut watch) = TestAttempt(context.attempt(command)).start_with(TestPermission::Leave);
    let patience = context.fixture.patience;
    let running = context.fixture.transport.run(attempt, report);
    let both = async {
        let asking = async {
            let request = watch.asks().await;
            act(request, &mut watch)
        };
        futures::pin_mut!(running, asking);
        match futures::future::select(running, asking).await {
            futures::future::Either::Left((outcome, _)) => Err(outcome),
            futures::future::Either::Right((acted, running)) => Ok((running.await, acted)),
        }
    };
    match within(patience, both).await {
        Some(Ok((outcome, acted))) => Ok((watch.end(outcome).await, acted)),
        Some(Err(outcome)) => fail(format_args!(
            "it ends with {outcome:?}, and has not waited for permission"
        )),
        None => fail(format_args!(
            "{patience:?} after it asked whether it may begin, it still runs"
        )),
    }
}

fn never_began(seen: &SeenAttempt, wanted: Option<NeverBegan>) -> Case {
    if let Some(phase) = seen.phases.iter().find(|phase| **phase > Phase::Connect) {
        return fail(format_args!("{phase} is reported to begin without permission"));
    }
    match &seen.outcome {
        Outcome::NeverBegan { reason, .. } if wanted.is_none_or(|wanted| wanted == *reason) => Ok(()),
        other => fail(format_args!(
            "it was not permitted to begin, and its outcome is {other:?}"
        )),
    }
}
