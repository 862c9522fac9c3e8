//! Links that are not there, or break.

use std::time::Duration;

use super::super::case::{Case, EarlyEnd, fail, hold, skip, within};
use super::context::{CaseContext, first_line};
use crate::plan::RemoteCommand;
use crate::scheduler::{Outcome, Phase};
use crate::testing::SeenAttempt;

pub(super) async fn a_host_out_of_reach_is_a_failure_to_connect(context: CaseContext) -> Case {
    let seen = reach_out(&context, Duration::from_secs(60)).await?;
    match &seen.outcome {
        Outcome::Failed(failure) if failure.kind.is_connect() => {}
        other => return fail(format_args!("a host out of reach gives {other:?}")),
    }
    hold(
        !seen.phases.contains(&Phase::Command),
        "a command is reported to begin on an unreachable host",
    )
}

pub(super) async fn a_host_out_of_reach_is_given_up_within_the_time_limit(context: CaseContext) -> Case {
    let seen = reach_out(&context, Duration::from_secs(2)).await?;
    hold(
        seen.has_failed(),
        format_args!(
            "nothing can have run on a host out of reach, and its outcome is {:?}",
            seen.outcome
        ),
    )
}

async fn reach_out(context: &CaseContext, time_limit: Duration) -> Result<SeenAttempt, EarlyEnd> {
    let Some(host) = context.fixture.unreachable.clone() else {
        return skip("the fixture has no host out of reach");
    };
    let command = context.fixture.succeeding.clone();
    let mut attempt = context.attempt(command.unwrap_or_else(|| RemoteCommand::shell("true")));
    (attempt.host, attempt.time_limit) = (host, time_limit);
    context.run(attempt).await
}

pub(super) async fn a_link_that_breaks_during_the_command_leaves_it_in_doubt(context: CaseContext) -> Case {
    let Some(cut) = context.fixture.cut.clone() else {
        return skip("the fixture cannot cut links");
    };
    context.needs_shell()?;
    context.needs_output()?;
    let (running, watch) = context.begin(context.attempt(RemoteCommand::shell("echo $$; exec sleep 300")));
    let cutting = async {
        let process = first_line(&watch).await;
        cut();
        process
    };
    let patience = context.fixture.patience;
    let Some((outcome, process)) = within(patience, async { futures::join!(running, cutting) }).await else {
        return fail(format_args!(
            "{patience:?} after its link broke, the attempt still runs"
        ));
    };
    // The command may outlive its link, here for five minutes.
    let _ = context.sh(&format!("kill -KILL {process}")).await;
    hold(
        matches!(outcome, Outcome::InDoubt { .. }),
        format_args!("the link broke while the command ran, and its outcome is {outcome:?}"),
    )
}
