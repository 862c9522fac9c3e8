//! Attempts that are taken up again after a restart.

use std::hash::{BuildHasher, RandomState};

use super::super::case::{Case, Stop, fail, hold, same, skip, within};
use super::place::{Place, first_line};
use crate::dispatcher::Attempt;
use crate::plan::Invocation;
use crate::scheduler::{Failure, FailureKind, Outcome};

pub(super) async fn a_resumed_attempt_goes_on_where_it_is(place: Place) -> Case {
    let attempt = |line: &str| resumable(&place, line);
    attempt("true")?;
    let directory = place.directory().await?;
    let line = format!(
        "echo begun; echo ran >> {directory}/ran; until [ -e {directory}/go ]; do sleep 0.1; done; echo over; exit 7"
    );
    let mut attempt = attempt(&line)?;
    let (running, watch) = place.begin(attempt.clone());
    let patience = place.fixture.patience;
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
                "within {patience:?} no output tells that the command has begun"
            ));
        }
    }
    place.ask(&format!("touch {directory}/go")).await?;
    attempt.resumed = true;
    let seen = place.run(attempt).await?;
    let ran = place.ask(&format!("cat {directory}/ran")).await?;
    place.remove(&directory).await?;
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
        format_args!("what the command wrote after it was taken up is missing: {output:?}"),
    )
}

pub(super) async fn a_resumed_attempt_that_cannot_be_found_is_not_begun(place: Place) -> Case {
    resumable(&place, "true")?;
    let directory = place.directory().await?;
    let mut attempt = resumable(&place, &format!("echo ran > {directory}/ran"))?;
    attempt.resumed = true;
    let seen = place.run(attempt).await?;
    let there = place.ask(&format!("ls {directory}")).await?;
    place.remove(&directory).await?;
    hold(
        there.is_empty(),
        "an attempt that could not be found was begun: it may have run before",
    )?;
    hold(
        seen.outcome != Outcome::Succeeded,
        "an attempt that could not be found has succeeded",
    )
}

/// An attempt that the transport says it can take up again.
fn resumable(place: &Place, line: &str) -> Result<Attempt, Stop> {
    place.needs_shell()?;
    place.needs_output()?;
    // The host may know attempts of the same number from the last time that the suite ran.
    let nonce = RandomState::new().hash_one(());
    let invocation = Invocation {
        detached: Some(format!("conformance-{nonce:x}")),
        ..Invocation::default()
    };
    let attempt = place.invoked(line, invocation);
    if place.fixture.transport.resumes(&attempt) {
        Ok(attempt)
    } else {
        skip("it takes up no attempts again")
    }
}
