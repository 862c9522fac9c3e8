//! Evidence that a command ran which must not.

use std::time::Duration;

use futures_timer::Delay;

use super::super::case::{Case, EarlyEnd, fail, hold};
use super::context::CaseContext;
use crate::plan::RemoteCommand;
use crate::scheduler::Outcome;

/// What a command leaves behind that must not run, where commands run in a shell.
pub(super) struct EvidenceOfRun(Option<String>);

impl EvidenceOfRun {
    pub(super) async fn new(context: &CaseContext) -> Result<Self, EarlyEnd> {
        let leaves = context.fixture.shell && context.fixture.transport.capabilities().output;
        Ok(Self(match leaves {
            true => Some(context.directory().await?),
            false => None,
        }))
    }

    pub(super) fn command(&self, context: &CaseContext) -> Result<RemoteCommand, EarlyEnd> {
        match &self.0 {
            Some(directory) => Ok(RemoteCommand::shell(format!("touch {directory}/mark"))),
            None => context.succeeding(),
        }
    }

    pub(super) async fn must_be_missing(self, context: &CaseContext) -> Case {
        let Some(directory) = self.0 else { return Ok(()) };
        let line = format!("if test -e {directory}/mark; then echo there; else echo missing; fi; rm -r {directory}");
        let mut waited = Duration::ZERO;
        loop {
            let seen = context.sh(&line).await?;
            match &seen.outcome {
                Outcome::Succeeded => {
                    let stdout = String::from_utf8_lossy(&seen.stdout).trim().to_owned();
                    return hold(stdout == "missing", format_args!("the command ran: {stdout}"));
                }
                // What was dropped may hold the host's lock for a moment.
                Outcome::NeverBegan { .. } if waited < context.fixture.patience => {
                    let pause = Duration::from_millis(200);
                    Delay::new(pause).await;
                    waited += pause;
                }
                other => return fail(format_args!("the host cannot be used again: {other:?}")),
            }
        }
    }
}
