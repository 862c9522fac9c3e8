//! The steps of an attempt.

use pogo_core::dispatcher::Attempt;
use pogo_core::plan::Command;
use pogo_core::scheduler::Phase;

use super::hooks::hooks_in;
use super::script::{Script, command};

/// One step: a directory of hooks, or the command.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Step {
    pub(crate) phase: Phase,
    pub(crate) script: Script,
}

/// A command of no words.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the command is empty; give a program to run")]
pub(crate) struct EmptyCommand;

impl Step {
    /// How many marks its script writes at most: that it begins, and which hook failed.
    pub(super) fn most_marks(&self) -> usize {
        match self.phase {
            Phase::Command => 1,
            _ => 2,
        }
    }

    /// The steps of an attempt, in order.
    pub(crate) fn of(attempt: &Attempt) -> Result<Vec<Self>, EmptyCommand> {
        let is_empty = match &attempt.command.as_ref() {
            Command::Shell(line) => line.trim().is_empty(),
            Command::Argv(words) => words.first().is_none_or(String::is_empty),
        };
        if is_empty {
            return Err(EmptyCommand);
        }
        let step = |phase, body: &str| Self {
            phase,
            script: Script::new(attempt, phase, body),
        };
        let hooks = |phase, directory: &Option<_>| {
            let directory = directory.as_deref().filter(|directory: &&str| !directory.is_empty());
            directory.map(|directory| step(phase, &hooks_in(directory, attempt.id)))
        };
        let steps = [
            hooks(Phase::PreHook, &attempt.pre_hooks),
            Some(step(Phase::Command, &command(&attempt.command))),
            hooks(Phase::PostHook, &attempt.post_hooks),
        ];
        Ok(steps.into_iter().flatten().collect())
    }
}
