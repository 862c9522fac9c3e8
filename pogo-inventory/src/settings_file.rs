//! A YAML file of settings for embedding programs.

use std::path::Path;
use std::sync::Arc;

use pogo_core::inventory::{Diagnostic, InventoryError};
use pogo_core::policy::Origin;

use crate::file;
use crate::source::{Problems, SourceText, Span};
use crate::tree::{Entry, Node, Value, expect, keys};
use crate::yaml;

/// A YAML map of settings whose keys and values have positions. Values are kept as
/// written; a program interprets them, and reports problems as those of a policy file are
/// reported: with file, line, column and the line.
///
/// ```
/// use pogo_inventory::SettingsFile;
///
/// let file = SettingsFile::parse("job.yaml", "targets: $web\nmax_paralel: 3\n")?;
/// let known = ["targets", "max_parallel"];
/// let unknown = file.settings().iter().find(|setting| !known.contains(&&*setting.key)).unwrap();
/// let problem = file.unknown(unknown, "a job", &known).to_string();
/// assert!(problem.starts_with("job.yaml:2:1: unknown key `max_paralel`"), "{problem}");
/// assert!(problem.contains("did you mean `max_parallel`?"));
/// # Ok::<(), pogo_inventory::InventoryError>(())
/// ```
#[derive(Debug, Clone)]
pub struct SettingsFile {
    name: Arc<str>,
    text: String,
    settings: Vec<SettingEntry>,
}

/// One key and its value.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct SettingEntry {
    /// The key as written.
    pub key: String,
    /// Its position.
    pub position: SettingPosition,
    /// The value.
    pub value: SettingItem,
}

/// A value and its position.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct SettingItem {
    /// Its position.
    pub position: SettingPosition,
    /// The value itself.
    pub value: SettingValue,
}

/// A value.
#[derive(Debug, Clone)]
pub enum SettingValue {
    /// Empty, or `null`.
    Nothing,
    /// A text, number or boolean, as written.
    Text(String),
    /// A list.
    List(Vec<SettingItem>),
    /// A map.
    Map(Vec<SettingEntry>),
}

/// A position in a [`SettingsFile`].
#[derive(Debug, Clone, Copy)]
pub struct SettingPosition(Span);

impl SettingsFile {
    /// Reads the file.
    ///
    /// # Errors
    /// [`InventoryError::Unavailable`] when there is no readable file, [`InventoryError::Invalid`] when it is not a
    /// map.
    pub fn read(path: impl AsRef<Path>) -> Result<Self, InventoryError> {
        let path = path.as_ref();
        Self::parse(&path.display().to_string(), &file::read_text(path)?)
    }

    /// Parses a text; messages name it `name`.
    ///
    /// # Errors
    /// As for [`read`](Self::read).
    pub fn parse(name: &str, text: &str) -> Result<Self, InventoryError> {
        let mut problems = Problems::new(SourceText::new(name, text).without_secrets());
        let settings = match yaml::load(&mut problems) {
            Some(Node {
                value: Value::Map(entries),
                ..
            }) => entries.iter().map(setting).collect(),
            Some(Node { value: Value::Null, .. }) | None => Vec::new(),
            Some(root) => {
                expect::expected(&mut problems, &root, "a map of settings", "max_parallel: 25%");
                Vec::new()
            }
        };
        match problems.into_sorted() {
            found if found.is_empty() => Ok(Self {
                name: name.into(),
                text: text.to_owned(),
                settings,
            }),
            found => Err(InventoryError::Invalid(found)),
        }
    }

    /// The settings in file order.
    pub fn settings(&self) -> &[SettingEntry] {
        &self.settings
    }

    /// File, line and column of a position.
    pub fn origin(&self, position: SettingPosition) -> Origin {
        self.source().origin(position.0)
    }

    /// A problem at a position.
    pub fn problem(&self, position: SettingPosition, message: impl Into<String>) -> Diagnostic {
        self.source().diagnostic(position.0, message)
    }

    /// The problem of an unknown key, with the most similar known one as a hint.
    pub fn unknown(&self, setting: &SettingEntry, of: &str, known: &[&str]) -> Diagnostic {
        let message = format!("unknown key `{}` in {of}", setting.key.escape_debug());
        let hint = match keys::nearest(&setting.key, known) {
            Some(meant) => format!("did you mean `{meant}`?"),
            None => format!("known here: {}", known.join(", ")),
        };
        self.problem(setting.position, message).with_hint(hint)
    }

    fn source(&self) -> SourceText<'_> {
        SourceText::new(Arc::clone(&self.name), &self.text).without_secrets()
    }
}

impl SettingValue {
    /// Describes the value, for messages.
    pub fn kind(&self) -> String {
        match self {
            Self::Nothing => "nothing".to_owned(),
            Self::Text(text) if text.chars().count() <= 40 => format!("`{}`", text.escape_debug()),
            Self::Text(_) => "a text".to_owned(),
            Self::List(_) => "a list".to_owned(),
            Self::Map(_) => "a map".to_owned(),
        }
    }
}

fn setting(entry: &Entry<'_>) -> SettingEntry {
    SettingEntry {
        key: entry.key.text.to_string(),
        position: SettingPosition(entry.key.span),
        value: item(&entry.value),
    }
}

fn item(node: &Node<'_>) -> SettingItem {
    SettingItem {
        position: SettingPosition(node.span),
        value: match &node.value {
            Value::Null | Value::Opaque => SettingValue::Nothing,
            Value::Scalar(text) => SettingValue::Text(text.to_string()),
            Value::List(items) => SettingValue::List(items.iter().map(item).collect()),
            Value::Map(entries) => SettingValue::Map(entries.iter().map(setting).collect()),
        },
    }
}
