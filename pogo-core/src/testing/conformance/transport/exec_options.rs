//! How a command is invoked.

use super::super::case::{Case, same};
use super::context::CaseContext;
use crate::plan::{ExecOptions, RemoteCommand, Stdin};
use crate::scheduler::{Failure, FailureKind, Outcome};

pub(super) async fn an_argument_vector_arrives_unchanged(context: CaseContext) -> Case {
    context.needs_shell()?;
    context.needs_output()?;
    // What shells expand, split, quote or drop.
    let words = [
        "printf",
        "%s|",
        "a b",
        "$HOME",
        "'x'",
        "",
        "*",
        "\"",
        "\\n",
        "-n",
        "new\nline",
        "`id`",
        "ü",
    ];
    let seen = context.run(context.attempt(RemoteCommand::argv(words))).await?;
    same("the outcome", &seen.outcome, &Outcome::Succeeded)?;
    let arrived = String::from_utf8_lossy(&seen.stdout).into_owned();
    same("what arrives", &arrived, &format!("{}|", words[2..].join("|")))
}

pub(super) async fn a_line_is_read_by_the_shell_as_it_is(context: CaseContext) -> Case {
    context.needs_output()?;
    let seen = context
        .sh("x='it'\\''s' # comment\nfor i in 1 2; do echo \"$x $i\"; done | tr s S")
        .await?;
    same("the outcome", &seen.outcome, &Outcome::Succeeded)?;
    same("standard output", &seen.stdout, &b"it'S 1\nit'S 2\n".to_vec())
}

pub(super) async fn a_command_without_input_finds_none(context: CaseContext) -> Case {
    let seen = context.sh("test -z \"$(cat)\"").await?;
    same("the outcome", &seen.outcome, &Outcome::Succeeded)
}

pub(super) async fn input_arrives_or_is_refused(context: CaseContext) -> Case {
    let exec_options = ExecOptions::new().stdin(Stdin::Bytes(b"one\ntwo \xff\n".to_vec()));
    arrives_or_is_refused(
        context,
        "test \"$(od -An -tx1 | tr -d ' \\n')\" = 6f6e650a74776f20ff0a",
        exec_options,
    )
    .await
}

pub(super) async fn environment_arrives_or_is_refused(context: CaseContext) -> Case {
    let exec_options = ExecOptions::new().env("CONFORMANCE_CASE", "it's \"$x\"");
    arrives_or_is_refused(context, "test \"$CONFORMANCE_CASE\" = 'it'\\''s \"$x\"'", exec_options).await
}

pub(super) async fn a_directory_is_entered_or_refused(context: CaseContext) -> Case {
    let exec_options = ExecOptions::new().directory("/");
    arrives_or_is_refused(context, "test \"$(pwd)\" = /", exec_options).await
}

/// The line, which tests for what was asked, succeeds; or the transport says that it does not do it.
async fn arrives_or_is_refused(context: CaseContext, line: &str, exec_options: ExecOptions) -> Case {
    context.needs_shell()?;
    let seen = context.run(context.exec_options(line, exec_options)).await?;
    match seen.outcome {
        Outcome::Failed(Failure {
            kind: FailureKind::Refused,
            ..
        }) => Ok(()),
        outcome => same("the outcome, when it is not refused", &outcome, &Outcome::Succeeded),
    }
}
