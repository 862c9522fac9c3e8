//! The settings of a file, checked as the policy is.

use std::path::Path;

use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{Arg, CommandFactory};
use pogo_inventory::{Diagnostic, InventoryError, SettingEntry, SettingItem, SettingValue, SettingsFile};

use super::flags::{Flags, SettingScope, is_list, is_switch, key};
use super::layer::{AppliedSetting, Layer, SettingOrigin};
use super::paths;
use crate::cli::Cli;
use crate::exit::CliError;

/// Reads a file of settings.
pub(super) fn read(file: &SettingsFile, folder: &Path, scope: SettingScope) -> Result<Layer, CliError> {
    let reader = FileReader {
        file,
        folder,
        scope,
        flags: Flags::new(),
    };
    let (mut layer, mut problems) = (Layer::default(), Vec::new());
    for setting in file.settings() {
        match reader.setting(setting, &mut layer) {
            Ok(()) => {}
            Err(problem) => problems.push(*problem),
        }
    }
    match problems.is_empty() {
        true => Ok(layer),
        false => Err(CliError::usage(InventoryError::Invalid(problems))),
    }
}

type Problem = Box<Diagnostic>;

struct FileReader<'f> {
    file: &'f SettingsFile,
    folder: &'f Path,
    scope: SettingScope,
    flags: Flags,
}

impl FileReader<'_> {
    fn setting(&self, setting: &SettingEntry, layer: &mut Layer) -> Result<(), Problem> {
        let name = setting.key.as_str();
        if self.scope == SettingScope::Job && matches!(name, "command" | "arguments") {
            layer.command = self.command(setting)?;
            return Ok(());
        }
        let Some(arg) = self.flags.of(name, self.scope) else {
            return Err(self.unknown(setting));
        };
        if matches!(setting.value.value, SettingValue::Nothing) {
            return Ok(());
        }
        let values = self.values(arg, setting)?;
        let typed = values.iter().map(|(text, item)| {
            let text = paths::within(&key(arg), text, self.folder);
            check(arg, &text).map_err(|problem| self.at(item, problem))?;
            Ok(text)
        });
        let values: Vec<String> = typed.collect::<Result<_, Problem>>()?;
        let position = SettingOrigin::File(self.file.origin(setting.position));
        layer.settings.push(applied(arg, values, position));
        Ok(())
    }

    fn unknown(&self, setting: &SettingEntry) -> Problem {
        let name = setting.key.as_str();
        if let Some(why) = Flags::elsewhere(name, self.scope) {
            let message = format!("`{name}` cannot stand here");
            return Box::new(self.file.problem(setting.position, message).with_hint(why));
        }
        let mut known: Vec<String> = self.flags.all(self.scope).map(key).collect();
        let (what, own) = match self.scope {
            SettingScope::Job => ("a job", &["command", "arguments"][..]),
            SettingScope::Defaults => ("the program's defaults", &[][..]),
        };
        known.extend(own.iter().map(ToString::to_string));
        known.sort_unstable();
        let known: Vec<&str> = known.iter().map(String::as_str).collect();
        Box::new(self.file.unknown(setting, what, &known))
    }

    /// The values of a flag, each with its position.
    fn values<'s>(&self, arg: &Arg, setting: &'s SettingEntry) -> Result<Vec<(String, &'s SettingItem)>, Problem> {
        let item = &setting.value;
        match &item.value {
            SettingValue::Text(text) if is_switch(arg) => match text.as_str() {
                "true" | "false" => Ok(vec![(text.clone(), item)]),
                _ => Err(self.expected(arg, item, "`true` or `false`")),
            },
            SettingValue::Text(text) => Ok(vec![(text.clone(), item)]),
            SettingValue::List(items) if is_list(arg) => {
                let texts = items.iter().map(|item| match &item.value {
                    SettingValue::Text(text) => Ok((text.clone(), item)),
                    _ => Err(self.expected(arg, item, "a text")),
                });
                texts.collect()
            }
            SettingValue::Map(entries) if PAIRS.contains(&key(arg).as_str()) => {
                let pairs = entries.iter().map(|entry| match &entry.value.value {
                    SettingValue::Text(text) => Ok((format!("{}={text}", entry.key), &entry.value)),
                    SettingValue::Nothing => Ok((format!("{}=", entry.key), &entry.value)),
                    _ => Err(self.expected(arg, &entry.value, "a text")),
                });
                pairs.collect()
            }
            _ if is_switch(arg) => Err(self.expected(arg, item, "`true` or `false`")),
            _ if PAIRS.contains(&key(arg).as_str()) => Err(self.expected(arg, item, "a map of texts")),
            _ if is_list(arg) => Err(self.expected(arg, item, "a text or a list of texts")),
            _ => Err(self.expected(arg, item, "a text")),
        }
    }

    fn command(&self, setting: &SettingEntry) -> Result<Vec<String>, Problem> {
        let wanted = match setting.key.as_str() {
            "command" => "a line for the target's shell, or a list of a program and its arguments",
            _ => "a list of the script's arguments",
        };
        let wrong = |item: &SettingItem| self.at(item, format!("expected {wanted}, found {}", item.value.kind()));
        match &setting.value.value {
            SettingValue::Text(line) if setting.key == "command" => Ok(vec![line.clone()]),
            SettingValue::List(items) if !items.is_empty() => {
                let words = items.iter().map(|item| match &item.value {
                    SettingValue::Text(word) => Ok(word.clone()),
                    _ => Err(wrong(item)),
                });
                words.collect()
            }
            _ => Err(wrong(&setting.value)),
        }
    }

    fn expected(&self, arg: &Arg, item: &SettingItem, what: &str) -> Problem {
        let example = example(arg);
        let message = format!("expected {what}, found {}", item.value.kind());
        let problem = self.file.problem(item.position, message);
        Box::new(problem.with_hint(format!("for example `{}: {example}`", key(arg))))
    }

    fn at(&self, item: &SettingItem, message: impl Into<String>) -> Problem {
        Box::new(self.file.problem(item.position, message))
    }
}

/// Flags whose values are pairs, and may stand as a map.
const PAIRS: &[&str] = &["env", "ssh_option", "expected"];

fn example(arg: &Arg) -> String {
    let name = arg.get_value_names().and_then(|names| names.first());
    match (key(arg).as_str(), name.map(|name| name.as_str())) {
        ("env", _) => "{ LANG: C }".to_owned(),
        ("ssh_option", _) => "{ ConnectTimeout: 5 }".to_owned(),
        ("expected", _) => "{ $db: 5m }".to_owned(),
        (_, _) if is_switch(arg) => "true".to_owned(),
        (_, Some("N|P%" | "N|P%|none")) => "25%".to_owned(),
        (_, Some("TIME")) => "5m".to_owned(),
        (_, Some("N" | "PORT")) => "3".to_owned(),
        (_, Some(name)) => name.to_owned(),
        (_, None) => "text".to_owned(),
    }
}

/// What is typed for a flag.
pub(super) fn applied(arg: &Arg, values: Vec<String>, position: SettingOrigin) -> AppliedSetting {
    let long = arg.get_long().unwrap_or_default();
    let typed = match is_switch(arg) {
        true if values.iter().any(|value| value == "true") => vec![format!("--{long}").into()],
        true => vec![],
        false => values.iter().map(|value| format!("--{long}={value}").into()).collect(),
    };
    AppliedSetting {
        id: arg.get_id().to_string(),
        key: key(arg),
        values,
        typed,
        position,
    }
}

/// Checks a value with the flag's own parser.
pub(super) fn check(arg: &Arg, value: &str) -> Result<(), String> {
    let long = arg.get_long().unwrap_or_default();
    if is_switch(arg) {
        return Ok(());
    }
    let line = [
        crate::cli::NAME.to_owned(),
        "run".to_owned(),
        format!("--{long}={value}"),
    ];
    match Cli::command().try_get_matches_from(line) {
        Err(error) => match error.kind() {
            ErrorKind::ValueValidation => {
                let why = std::error::Error::source(&error).map(ToString::to_string);
                Err(format!(
                    "`{}` is no value here: {}",
                    value.escape_debug(),
                    why.unwrap_or_default()
                ))
            }
            ErrorKind::InvalidValue => Err(format!(
                "`{}` is no value here; known are {}",
                value.escape_debug(),
                valid(&error)
            )),
            // What it needs besides may come from elsewhere.
            _ => Ok(()),
        },
        Ok(_) => Ok(()),
    }
}

fn valid(error: &clap::Error) -> String {
    match error.get(ContextKind::ValidValue) {
        Some(ContextValue::Strings(values)) => values.join(", "),
        _ => "others".to_owned(),
    }
}
