//! Hosts that are asked for the state of an attempt, and let it begin no more.

use super::super::case::{Case, EarlyEnd, fail, hold, same, skip, within};
use super::context::CaseContext;
use super::evidence::EvidenceOfRun;
use crate::dispatcher::{Attempt, Fence};
use crate::plan::RemoteCommand;
use crate::scheduler::{Failure, FailureKind, FenceAnswer, Outcome, Phase};
use crate::testing::SeenAttempt;

pub(super) async fn a_fenced_attempt_begins_no_more(context: CaseContext) -> Case {
    needs_fences(&context)?;
    let evidence = EvidenceOfRun::new(&context).await?;
    let attempt = context.attempt(evidence.command(&context)?);
    must_never_have_begun(ask(&context, &attempt).await?)?;
    has_not_begun(&context.run(attempt).await?)?;
    evidence.must_be_missing(&context).await
}

pub(super) async fn an_attempt_of_a_lower_number_begins_no_more(context: CaseContext) -> Case {
    needs_fences(&context)?;
    let evidence = EvidenceOfRun::new(&context).await?;
    let lower = context.attempt(evidence.command(&context)?);
    let fenced = context.attempt(context.succeeding()?);
    must_never_have_begun(ask(&context, &fenced).await?)?;
    has_not_begun(&context.run(lower).await?)?;
    evidence.must_be_missing(&context).await
}

pub(super) async fn an_attempt_of_a_higher_number_begins_as_ever(context: CaseContext) -> Case {
    needs_fences(&context)?;
    let command = context.succeeding()?;
    let (fenced, higher) = (context.attempt(command.clone()), context.attempt(command));
    must_never_have_begun(ask(&context, &fenced).await?)?;
    let seen = context.run(higher).await?;
    same("the outcome", &seen.outcome, &Outcome::Succeeded)
}

pub(super) async fn a_question_ends_within_its_time_limit(context: CaseContext) -> Case {
    needs_fences(&context)?;
    let mut attempt = context.attempt(context.succeeding()?);
    attempt.time_limit = context.fixture.time_limit;
    ask(&context, &attempt).await?;
    if let Some(unreachable) = context.fixture.unreachable.clone() {
        attempt.host = unreachable;
        ask(&context, &attempt).await?;
    }
    Ok(())
}

pub(super) async fn what_runs_is_not_said_to_be_over(context: CaseContext) -> Case {
    needs_fences(&context)?;
    let attempt = context.attempt(context.lasting()?);
    let (running, mut watch) = context.begin(attempt.clone());
    let asking = async {
        watch.reaches(Phase::Command).await;
        let answer = ask(&context, &attempt).await;
        watch.cancel();
        answer
    };
    futures::pin_mut!(running, asking);
    let answer = match futures::future::select(running, asking).await {
        futures::future::Either::Left((outcome, _)) => {
            return fail(format_args!("a command that lasts ends with {outcome:?}"));
        }
        futures::future::Either::Right((answer, running)) => {
            if context.fixture.transport.capabilities().confirms_cancel {
                within(context.fixture.patience, running).await;
            }
            answer?
        }
    };
    hold(
        !answer.is_final(),
        format_args!("the command runs, and its host answers {answer:?}"),
    )
}

pub(super) async fn what_has_ended_is_said_to_have_ended_so(context: CaseContext) -> Case {
    needs_fences(&context)?;
    let (failing, status) = context.failing()?;
    let answer = ended(&context, failing).await?;
    let kind = FailureKind::Command { status };
    let fits = match &answer {
        FenceAnswer::Ended(Outcome::Failed(Failure { kind: said, .. })) => *said == kind,
        // A host without a place for records cannot know, and must not guess.
        other => is_unknown(other),
    };
    hold(
        fits,
        format_args!("the command ended with status {status}, and its host answers {answer:?}"),
    )?;
    let answer = ended(&context, context.succeeding()?).await?;
    hold(
        answer == FenceAnswer::Ended(Outcome::Succeeded) || is_unknown(&answer),
        format_args!("the command succeeded, and its host answers {answer:?}"),
    )
}

pub(super) async fn a_host_that_cannot_be_asked_is_unreachable(context: CaseContext) -> Case {
    needs_fences(&context)?;
    let Some(unreachable) = context.fixture.unreachable.clone() else {
        return skip("the fixture has no host that cannot be reached");
    };
    let mut attempt = context.attempt(context.succeeding()?);
    attempt.host = unreachable;
    let answer = ask(&context, &attempt).await?;
    hold(
        matches!(answer, FenceAnswer::Unreachable { .. }),
        format_args!("nobody can reach the host, which answers {answer:?}"),
    )
}

fn needs_fences(context: &CaseContext) -> Case {
    if context.fixture.transport.capabilities().fences {
        Ok(())
    } else {
        skip("it cannot ask hosts for the state of an attempt")
    }
}

/// Asks the host of an attempt that began, if it did, under the lock of its host.
async fn ask(context: &CaseContext, attempt: &Attempt) -> Result<FenceAnswer, EarlyEnd> {
    let mut about = attempt.clone();
    // As the dispatcher asks for an attempt of which it knows no more than that it was permitted.
    (about.resumed, about.host_lock) = (true, true);
    let (limit, patience) = (about.time_limit, context.fixture.patience);
    match within(limit + patience, context.fixture.transport.fence(Fence::new(about))).await {
        Some(answer) => Ok(answer),
        None => fail(format_args!(
            "a question with a time limit of {limit:?} has no answer {patience:?} after that"
        )),
    }
}

/// Runs a command to its end, and asks for its state.
async fn ended(context: &CaseContext, command: RemoteCommand) -> Result<FenceAnswer, EarlyEnd> {
    let attempt = context.attempt(command);
    context.run(attempt.clone()).await?;
    ask(context, &attempt).await
}

fn is_unknown(answer: &FenceAnswer) -> bool {
    matches!(
        answer,
        FenceAnswer::Unreachable { .. } | FenceAnswer::Ended(Outcome::InDoubt { .. })
    )
}

/// The host was reached and has nothing else to do, but may not be able to keep records.
fn must_never_have_begun(answer: FenceAnswer) -> Case {
    match answer {
        FenceAnswer::NeverBegan => Ok(()),
        FenceAnswer::Unreachable { message } => skip(format_args!("the host cannot be asked: {message}")),
        other => fail(format_args!(
            "the attempt was never run, and its host answers {other:?}"
        )),
    }
}

fn has_not_begun(seen: &SeenAttempt) -> Case {
    if let Some(phase) = seen.phases.iter().find(|phase| **phase > Phase::Connect) {
        return fail(format_args!(
            "{phase} is reported to begin on a host that was fenced against the attempt"
        ));
    }
    hold(
        matches!(seen.outcome, Outcome::NeverBegan { .. } | Outcome::Failed(_)),
        format_args!(
            "the host was fenced against the attempt, whose outcome is {:?}",
            seen.outcome
        ),
    )
}
