//! What commands write.

use super::super::case::{Case, fail, hold, same, within};
use super::context::{CaseContext, first_line};
use crate::plan::RemoteCommand;
use crate::scheduler::Outcome;

pub(super) async fn output_arrives_on_its_own_stream(context: CaseContext) -> Case {
    context.needs_output()?;
    let seen = context.sh("echo out; echo err >&2").await?;
    same("the outcome", &seen.outcome, &Outcome::Succeeded)?;
    same("standard output", &seen.stdout, &b"out\n".to_vec())?;
    same("standard error", &seen.stderr, &b"err\n".to_vec())
}

pub(super) async fn output_keeps_its_bytes(context: CaseContext) -> Case {
    context.needs_output()?;
    let seen = context.sh("printf '\\377\\000\\r\\n\\033[1mlast'").await?;
    same("standard output", &seen.stdout, &b"\xff\x00\r\n\x1b[1mlast".to_vec())
}

pub(super) async fn output_comes_while_the_command_runs(context: CaseContext) -> Case {
    context.needs_output()?;
    context.needs_shell()?;
    let patience = context.fixture.patience;
    let (running, watch) = context.begin(context.attempt(RemoteCommand::shell("echo up; exec sleep 300")));
    let first = within(
        patience,
        futures::future::select(Box::pin(running), Box::pin(first_line(&watch))),
    );
    match first.await {
        Some(futures::future::Either::Right((line, _))) => same("the first line", &line, &"up".to_owned()),
        Some(futures::future::Either::Left((outcome, _))) => {
            fail(format_args!("a command that lasts gives {outcome:?}"))
        }
        None => fail(format_args!(
            "nothing is seen of a line written {patience:?} ago by a command that still runs"
        )),
    }
}

pub(super) async fn output_is_whole_or_marked_as_cut(context: CaseContext) -> Case {
    const WRITTEN: usize = 8_000_000;
    context.needs_output()?;
    let seen = context.sh(&format!("head -c {WRITTEN} /dev/zero; exit 0")).await?;
    hold(
        seen.stdout.iter().all(|&byte| byte == 0),
        "standard output holds what the command did not write",
    )?;
    hold(
        seen.stdout.len() == WRITTEN || !seen.notes.is_empty(),
        format_args!(
            "{} of {WRITTEN} bytes arrive, and no note says that the rest was cut",
            seen.stdout.len()
        ),
    )
}
