//! The valid settings: the flags of `run`.

use clap::builder::ArgAction;
use clap::{Arg, Command, CommandFactory};

use crate::cli::Cli;

/// Settings of one job, which cannot be defaults of the program.
const OF_JOB: &[&str] = &[
    "targets",
    "exclude",
    "targets_file",
    "command",
    "arguments",
    "script",
    "stdin",
    "send",
    "env",
    "secret_env",
    "assume_down",
    "under_hold",
    "override_constraints",
    "expected",
    "waves",
    "bake",
    "gate",
    "allow_failures",
    "cwd",
    "run_as",
    "reboot",
    "reboot_timeout",
    "forced_command",
    "job_seed",
    "priority",
    "reason",
];

/// Flags for the command line alone.
const OF_CALL: &[&str] = &[
    "help", "version", "job_file", "dry_run", "format", "events", "words", "color", "fold", "diff",
];

/// Settings of the program, which are not part of a job.
const OF_PROGRAM: &[&str] = &["quiet", "verbose", "yes", "stop_grace"];

/// Where a setting may be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum SettingScope {
    /// In a job file.
    Job,
    /// In a file of defaults, or a variable.
    Defaults,
}

/// The flags of `run`.
pub(super) struct Flags {
    run: Command,
}

impl Flags {
    pub(super) fn new() -> Self {
        let mut cli = Cli::command();
        cli.build();
        let run = cli.find_subcommand("run").cloned();
        Self {
            run: run.unwrap_or_default(),
        }
    }

    /// The flag of this key, if it is valid here.
    pub(super) fn of(&self, key: &str, scope: SettingScope) -> Option<&Arg> {
        self.all(scope).find(|arg| {
            let aliases = arg.get_all_aliases().unwrap_or_default();
            arg.get_long()
                .into_iter()
                .chain(aliases)
                .any(|long| long.replace('-', "_") == key)
        })
    }

    /// All flags that are valid here.
    pub(super) fn all(&self, scope: SettingScope) -> impl Iterator<Item = &Arg> {
        self.run.get_arguments().filter(move |arg| {
            let Some(key) = arg.get_long().map(|long| long.replace('-', "_")) else {
                return false;
            };
            let key = key.as_str();
            !OF_CALL.contains(&key)
                && match scope {
                    SettingScope::Job => !OF_PROGRAM.contains(&key),
                    SettingScope::Defaults => !OF_JOB.contains(&key),
                }
        })
    }

    /// Why a key that is valid elsewhere is invalid here.
    pub(super) fn elsewhere(key: &str, scope: SettingScope) -> Option<&'static str> {
        match scope {
            SettingScope::Defaults if OF_JOB.contains(&key) => {
                Some("this is a job's own matter; put it into a job file, and name that with --job-file")
            }
            SettingScope::Job if OF_PROGRAM.contains(&key) => {
                Some("this is no part of a job; put it into the program's defaults, see `config`")
            }
            _ if OF_CALL.contains(&key) => Some("this is for the command line alone"),
            _ => None,
        }
    }
}

/// The key of a flag.
pub(super) fn key(arg: &Arg) -> String {
    arg.get_long()
        .unwrap_or_else(|| arg.get_id().as_str())
        .replace('-', "_")
}

/// Whether it is a switch without a value.
pub(super) fn is_switch(arg: &Arg) -> bool {
    matches!(arg.get_action(), ArgAction::SetTrue)
}

/// Whether it may be given several times.
pub(super) fn is_list(arg: &Arg) -> bool {
    matches!(arg.get_action(), ArgAction::Append)
}
