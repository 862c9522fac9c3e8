//! Completes a command line with settings from files and the environment.

use std::ffi::OsString;
use std::path::Path;

use clap::parser::ValueSource;
use clap::{Arg, ArgMatches, Command, CommandFactory};

use super::layer::{AppliedSetting, Layer};
use super::{environment, files};
use crate::cli::Cli;
use crate::exit::CliError;

/// A completed command line, with the origins of the settings that were added.
pub(crate) struct CompletedLine {
    pub(crate) line: Vec<OsString>,
    origins: Vec<(String, String)>,
}

impl CompletedLine {
    /// The origins of the flags that an error message names.
    pub(crate) fn origins(&self, message: &str) -> String {
        let named = self.origins.iter().filter(|(flag, _)| message.contains(flag.as_str()));
        named
            .map(|(flag, position)| format!("\n{flag} comes from {position}"))
            .collect()
    }
}

/// Adds the settings of a job file, the environment and files of defaults to a command line.
pub(crate) fn complete(line: Vec<OsString>) -> Result<CompletedLine, CliError> {
    let nothing = |line| CompletedLine { line, origins: vec![] };
    // Errors show when it is parsed as a whole.
    let lenient = Cli::command().ignore_errors(true);
    let Ok(matches) = lenient.clone().try_get_matches_from(&line) else {
        return Ok(nothing(line));
    };
    let Some((depth, verb, typed)) = verb(&lenient, &matches) else {
        return Ok(nothing(line));
    };
    let mut layers = Vec::new();
    if let Some(path) = job_file(typed) {
        layers.push(files::job(Path::new(path))?);
    }
    layers.push(environment::layer()?);
    layers.extend(files::layers(&files::paths())?);
    let (settings, command) = chosen(layers, verb, typed);
    let origins = settings.iter().map(|setting| {
        (
            format!("--{}", setting.key.replace('_', "-")),
            setting.position.to_string(),
        )
    });
    let origins = origins.collect();
    let at = (depth + 1).min(line.len());
    let (before, after) = line.split_at(at);
    let more = settings.into_iter().flat_map(|setting| setting.typed);
    let mut line: Vec<OsString> = before
        .iter()
        .cloned()
        .chain(more)
        .chain(after.iter().cloned())
        .collect();
    if !command.is_empty() {
        line.push("--".into());
        line.extend(command.into_iter().map(OsString::from));
    }
    Ok(CompletedLine { line, origins })
}

/// The verb of the settings, and the number of its words: `store info` are two.
fn verb<'m>(cli: &'m Command, matches: &'m ArgMatches) -> Option<(usize, &'m Command, &'m ArgMatches)> {
    let (name, mut matches) = matches.subcommand()?;
    let (mut words, mut verb) = (1, cli.find_subcommand(name)?);
    // It shows what is given to it, and nothing else.
    if name == "demo" {
        return None;
    }
    while let Some((name, inner)) = matches.subcommand() {
        verb = verb.find_subcommand(name)?;
        (words, matches) = (words + 1, inner);
    }
    Some((words, verb, matches))
}

fn is_typed(matches: &ArgMatches, id: &str) -> bool {
    let known = matches.try_contains_id(id).is_ok();
    known && matches.value_source(id) == Some(ValueSource::CommandLine)
}

fn job_file(matches: &ArgMatches) -> Option<&std::path::PathBuf> {
    matches.try_get_one("job_file").ok().flatten()
}

/// Whether a setting may stand for a flag of a verb. How jobs are run by default is no order to change one, and a log
/// is shown as it is.
fn is_for(verb: &str, id: &str) -> bool {
    const PLACE: [&str; 2] = ["store", "namespace"];
    !["update", "replay"].contains(&verb) || PLACE.contains(&id)
}

/// The settings that count, and the command if none is typed.
fn chosen(layers: Vec<Layer>, verb: &Command, typed: &ArgMatches) -> (Vec<AppliedSetting>, Vec<String>) {
    let mut chosen: Vec<AppliedSetting> = Vec::new();
    let mut command = Vec::new();
    let has_command = verb.get_arguments().any(|arg| arg.get_id() == "command");
    let typed_ids: Vec<&str> = verb.get_arguments().map(|arg| arg.get_id().as_str()).collect();
    let typed_ids: Vec<&str> = typed_ids.into_iter().filter(|id| is_typed(typed, id)).collect();
    for layer in layers {
        let taken: Vec<String> = chosen.iter().map(|setting| setting.id.clone()).collect();
        let counts = |setting: &AppliedSetting| {
            if !is_for(verb.get_name(), &setting.id) {
                return false;
            }
            let Some(arg) = verb.get_arguments().find(|arg| arg.get_id() == setting.id.as_str()) else {
                return false;
            };
            let mut before = typed_ids.iter().copied().chain(taken.iter().map(String::as_str));
            before.all(|id| id != setting.id && !name_the_same(id, &setting.id) && !are_rivals(verb, arg, id))
        };
        chosen.extend(layer.settings.into_iter().filter(counts));
        if has_command && command.is_empty() && !["command", "script"].iter().any(|id| typed_ids.contains(id)) {
            command = layer.command;
        }
    }
    (chosen, command)
}

/// Whether two flags conflict; either may declare it.
fn are_rivals(verb: &Command, arg: &Arg, id: &str) -> bool {
    let names = |one: &Arg, id: &str| {
        verb.get_arg_conflicts_with(one)
            .iter()
            .any(|rival| rival.get_id() == id)
    };
    let other = verb.get_arguments().find(|other| other.get_id() == id);
    names(arg, id) || other.is_some_and(|other| names(other, arg.get_id().as_str()))
}

/// Whether both are different ways to set the same thing.
fn name_the_same(id: &str, other: &str) -> bool {
    const TARGETS: [&str; 3] = ["words", "targets", "targets_file"];
    TARGETS.contains(&id) && TARGETS.contains(&other)
}
