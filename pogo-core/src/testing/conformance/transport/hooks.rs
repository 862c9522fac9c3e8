//! Hook directories before and after the command.

use super::super::case::{Case, EarlyEnd, fail, same, skip};
use super::context::CaseContext;
use crate::plan::RemoteCommand;
use crate::scheduler::{FailureKind, Outcome, Phase};
use crate::testing::SeenAttempt;

/// Two hook directories on the host.
struct Hooks {
    context: CaseContext,
    directory: String,
}

impl Hooks {
    async fn at(context: CaseContext) -> Result<Self, EarlyEnd> {
        if !context.fixture.transport.capabilities().hooks {
            return skip("it runs no hooks");
        }
        let directory = context.directory().await?;
        context
            // A space in the name, at which a transport without quotes fails.
            .ask(&format!("mkdir '{directory}/pre d' {directory}/post"))
            .await?;
        Ok(Self { context, directory })
    }

    /// Puts a file with one line of shell into `pre d` or `post`.
    async fn put(&self, path: &str, line: &str, mode: &str) -> Case {
        let file = format!("'{}/{path}'", self.directory);
        let write = format!("printf '#!/bin/sh\\n%s\\n' '{line}' > {file} && chmod {mode} {file}");
        self.context.ask(&write).await.map(drop)
    }

    /// Runs a line between the hooks, and removes them.
    async fn run(self, line: &str) -> Result<SeenAttempt, EarlyEnd> {
        let mut attempt = self.context.attempt(RemoteCommand::shell(line));
        attempt.pre_hooks = Some(format!("{}/pre d", self.directory).into());
        attempt.post_hooks = Some(format!("{}/post", self.directory).into());
        let seen = self.context.run(attempt).await?;
        self.context.remove(&self.directory).await?;
        Ok(seen)
    }
}

fn same_output(seen: &SeenAttempt, wanted: &str) -> Case {
    same(
        "standard output",
        &String::from_utf8_lossy(&seen.stdout).into_owned(),
        &wanted.to_owned(),
    )
}

fn same_failure(seen: &SeenAttempt, wanted: &FailureKind) -> Case {
    match &seen.outcome {
        Outcome::Failed(failure) => same("what failed", &failure.kind, wanted),
        other => fail(format_args!("the outcome is {other:?}, and should be {wanted:?}")),
    }
}

pub(super) async fn hooks_run_in_sorted_order_around_the_command(context: CaseContext) -> Case {
    let hooks = Hooks::at(context).await?;
    // Written in another order than they are to run in.
    for name in ["20-b", "10-a", "B"] {
        hooks
            .put(&format!("pre d/{name}"), &format!("echo pre {name}"), "755")
            .await?;
    }
    hooks.put("post/after", "echo post", "755").await?;
    let seen = hooks.run("echo command").await?;
    same("the outcome", &seen.outcome, &Outcome::Succeeded)?;
    same_output(&seen, "pre 10-a\npre 20-b\npre B\ncommand\npost\n")?;
    let phases: Vec<Phase> = seen
        .phases
        .into_iter()
        .filter(|&phase| phase != Phase::Connect)
        .collect();
    same(
        "reported phases",
        &phases,
        &vec![Phase::PreHook, Phase::Command, Phase::PostHook],
    )
}

pub(super) async fn a_failed_pre_hook_keeps_the_command_from_running(context: CaseContext) -> Case {
    let hooks = Hooks::at(context).await?;
    hooks.put("pre d/10-good", "echo good", "755").await?;
    hooks.put("pre d/20-bad", "exit 5", "755").await?;
    hooks.put("pre d/30-never", "echo never", "755").await?;
    hooks.put("post/never", "echo never", "755").await?;
    let seen = hooks.run("echo command").await?;
    same_failure(&seen, &FailureKind::PreHook { status: 5 })?;
    same_output(&seen, "good\n")
}

pub(super) async fn a_failed_post_hook_fails_the_attempt(context: CaseContext) -> Case {
    let hooks = Hooks::at(context).await?;
    hooks.put("post/10-bad", "exit 6", "755").await?;
    hooks.put("post/20-never", "echo never", "755").await?;
    let seen = hooks.run("echo command").await?;
    same_failure(&seen, &FailureKind::PostHook { status: 6 })?;
    same_output(&seen, "command\n")
}

pub(super) async fn post_hooks_run_after_success_only(context: CaseContext) -> Case {
    let hooks = Hooks::at(context).await?;
    hooks.put("post/never", "echo never", "755").await?;
    let seen = hooks.run("echo command; exit 3").await?;
    same_failure(&seen, &FailureKind::Command { status: 3 })?;
    same_output(&seen, "command\n")
}

pub(super) async fn dot_files_and_what_cannot_be_executed_are_no_hooks(context: CaseContext) -> Case {
    let hooks = Hooks::at(context).await?;
    hooks.put("pre d/.hidden", "echo never", "755").await?;
    hooks.put("pre d/README", "echo never", "644").await?;
    let seen = hooks.run("echo command").await?;
    same("the outcome", &seen.outcome, &Outcome::Succeeded)?;
    same_output(&seen, "command\n")
}

pub(super) async fn a_phase_of_hooks_is_reported_only_where_a_hook_runs(context: CaseContext) -> Case {
    let hooks = Hooks::at(context).await?;
    hooks.put("pre d/README", "echo never", "644").await?;
    let seen = hooks.run("echo command").await?;
    same("the outcome", &seen.outcome, &Outcome::Succeeded)?;
    let phases: Vec<Phase> = seen
        .phases
        .into_iter()
        .filter(|&phase| phase != Phase::Connect)
        .collect();
    same("reported phases", &phases, &vec![Phase::Command])
}

pub(super) async fn post_hooks_are_looked_for_after_the_command(context: CaseContext) -> Case {
    let hooks = Hooks::at(context).await?;
    let post = format!("{}/post/new", hooks.directory);
    let seen = hooks
        .run(&format!(
            "printf '#!/bin/sh\necho installed\n' >{post}; chmod 755 {post}"
        ))
        .await?;
    same("the outcome", &seen.outcome, &Outcome::Succeeded)?;
    same_output(&seen, "installed\n")
}

pub(super) async fn a_missing_directory_of_hooks_is_an_empty_one(context: CaseContext) -> Case {
    let hooks = Hooks::at(context).await?;
    let directory = &hooks.directory;
    hooks
        .context
        .ask(&format!("rmdir '{directory}/pre d' {directory}/post"))
        .await?;
    let seen = hooks.run("echo command").await?;
    same("the outcome", &seen.outcome, &Outcome::Succeeded)?;
    same_output(&seen, "command\n")
}
