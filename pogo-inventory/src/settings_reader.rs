//! Reading what a file of settings stands for.

use std::fmt::Display;
use std::str::FromStr;

use crate::{SettingEntry, SettingItem, SettingPosition, SettingValue, SettingsFile};
use pogo_core::inventory::Diagnostic;
use pogo_core::policy::Origin;

/// Reads what the values of a [`SettingsFile`] stand for, and keeps everything that is wrong with them, so that a
/// person is told all of it at once.
///
/// ```
/// use pogo_inventory::{SettingsFile, SettingsReader};
///
/// let file = SettingsFile::parse("service.yaml", "port: many\nprot: 1\n")?;
/// let mut reader = SettingsReader::new(&file);
/// let mut port = None;
/// for setting in reader.keys(file.settings(), "a service", &["port"]) {
///     port = reader.value::<u16>(&setting.value, "a port", "7646");
/// }
/// let problems = reader.into_problems();
/// assert_eq!(port, None);
/// assert_eq!(problems.len(), 2);
/// # Ok::<(), pogo_inventory::InventoryError>(())
/// ```
#[derive(Debug)]
pub struct SettingsReader<'a> {
    file: &'a SettingsFile,
    problems: Vec<Diagnostic>,
}

impl<'a> SettingsReader<'a> {
    /// Reads this file.
    pub fn new(file: &'a SettingsFile) -> Self {
        let problems = Vec::new();
        Self { file, problems }
    }

    /// All problems, in the order of the file.
    pub fn into_problems(mut self) -> Vec<Diagnostic> {
        self.problems
            .sort_by_key(|problem| problem.position.as_ref().map(|at| (at.line, at.column)));
        self.problems
    }

    /// File, line and column of a position.
    pub fn origin(&self, position: SettingPosition) -> Origin {
        self.file.origin(position)
    }

    /// Keeps a problem, with what to do about it.
    pub fn problem(&mut self, position: SettingPosition, message: impl Into<String>, hint: &str) {
        self.problems.push(self.file.problem(position, message).with_hint(hint));
    }

    /// The settings whose keys are known, each once; the others are problems.
    pub fn keys<'s>(&mut self, settings: &'s [SettingEntry], of: &str, known: &[&str]) -> Vec<&'s SettingEntry> {
        let mut taken: Vec<&SettingEntry> = Vec::new();
        for setting in settings {
            if !known.contains(&setting.key.as_str()) {
                self.problems.push(self.file.unknown(setting, of, known));
            } else if taken.iter().any(|before| before.key == setting.key) {
                let message = format!("`{}` is there already", setting.key);
                self.problem(setting.position, message, "write each key once");
            } else {
                taken.push(setting);
            }
        }
        taken
    }

    /// The entries of a map.
    pub fn map<'s>(&mut self, item: &'s SettingItem, expected: &str, example: &str) -> &'s [SettingEntry] {
        match &item.value {
            SettingValue::Map(settings) => settings,
            _ => {
                self.expected(item, expected, example);
                &[]
            }
        }
    }

    /// The items of a list; an empty value has none.
    pub fn list<'s>(&mut self, item: &'s SettingItem, expected: &str, example: &str) -> &'s [SettingItem] {
        match &item.value {
            SettingValue::List(items) => items,
            SettingValue::Nothing => &[],
            _ => {
                self.expected(item, expected, example);
                &[]
            }
        }
    }

    /// A text.
    pub fn text<'s>(&mut self, item: &'s SettingItem, expected: &str, example: &str) -> Option<&'s str> {
        match &item.value {
            SettingValue::Text(text) if !text.is_empty() => Some(text),
            _ => {
                self.expected(item, expected, example);
                None
            }
        }
    }

    /// One text or several, at least one, each read to what it stands for.
    pub fn values<T: FromStr<Err: Display>>(&mut self, item: &SettingItem, expected: &str, example: &str) -> Vec<T> {
        let items = match &item.value {
            SettingValue::List(items) if !items.is_empty() => items.as_slice(),
            _ => std::slice::from_ref(item),
        };
        let mut values = Vec::new();
        for item in items {
            if let Some(value) = self.value(item, expected, example) {
                values.push(value);
            }
        }
        values
    }

    /// A text that is read to what it stands for.
    pub fn value<T: FromStr<Err: Display>>(&mut self, item: &SettingItem, expected: &str, example: &str) -> Option<T> {
        let text = self.text(item, expected, example)?;
        match text.parse() {
            Ok(value) => Some(value),
            Err(error) => {
                let message = format!("{error}");
                self.problem(item.position, message, &format!("for example `{example}`"));
                None
            }
        }
    }

    fn expected(&mut self, item: &SettingItem, expected: &str, example: &str) {
        let message = format!("expected {expected}, found {}", item.value.kind());
        self.problem(item.position, message, &format!("for example `{example}`"));
    }
}
