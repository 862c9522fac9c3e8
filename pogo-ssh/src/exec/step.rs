//! The steps of an attempt.

use pogo_core::dispatcher::Attempt;
use pogo_core::plan::Command;
use pogo_core::scheduler::Phase;

use super::hooks::hooks_in;
use super::mark::Marks;
use super::script::{Script, command};
use super::way::Way;

/// One step: a directory of hooks, or the command.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Step {
    pub(crate) phase: Phase,
    pub(crate) script: Script,
    /// Who runs it.
    pub(crate) way: Way,
    /// Whether it has a terminal.
    pub(crate) pty: bool,
}

/// A command of no words.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the command is empty; give a program to run")]
pub(crate) struct EmptyCommand;

impl Step {
    /// Looks for as many marks as its script writes at most. Hooks: that they begin, and which one failed. A command:
    /// questions for a password, then that it begins, or cannot.
    pub(crate) fn marks(&self) -> Marks {
        match self.phase {
            Phase::Command => Marks::new(&self.script.mark, 5).until_begun(),
            _ => Marks::new(&self.script.mark, 2),
        }
    }

    /// The steps of an attempt, in order. `files` is the directory of the files that were sent along.
    pub(crate) fn of(attempt: &Attempt, files: Option<&str>) -> Result<Vec<Self>, EmptyCommand> {
        let is_empty = match &attempt.command.as_ref() {
            Command::Shell(line) => line.trim().is_empty(),
            Command::Argv(words) => words.first().is_none_or(String::is_empty),
        };
        if is_empty {
            return Err(EmptyCommand);
        }
        let hooks = |phase, directory: &Option<_>| {
            let directory = directory.as_deref().filter(|directory: &&str| !directory.is_empty());
            directory.map(|directory| Self {
                phase,
                script: Script::new(attempt, phase, &hooks_in(directory, attempt.id), (&Way::Login, files)),
                way: Way::Login,
                pty: false,
            })
        };
        let way = Way::of(attempt);
        let command = Self {
            phase: Phase::Command,
            script: Script::new(attempt, Phase::Command, &command(attempt), (&way, files)),
            way,
            pty: attempt.invocation.pty,
        };
        let steps = [
            hooks(Phase::PreHook, &attempt.pre_hooks),
            Some(command),
            hooks(Phase::PostHook, &attempt.post_hooks),
        ];
        Ok(steps.into_iter().flatten().collect())
    }
}
