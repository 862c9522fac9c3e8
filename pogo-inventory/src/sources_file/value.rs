//! Values of entries, read by the types that they are for.

use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::Deserialize;
use serde::de::{DeserializeOwned, Error};
use serde_json::{Map, Value as Json};

use crate::source::Problems;
use crate::tree::{Entry, Node, Value};

/// Deserializes the entries of a map, except these keys, as `T`.
pub(super) fn read<T: DeserializeOwned>(problems: &mut Problems<'_>, map: &Node<'_>, but: &[&str]) -> Option<T> {
    let Value::Map(entries) = &map.value else { return None };
    let entries = || entries.iter().filter(|entry| !but.contains(&&*entry.key.text));
    // By way of JSON: serde reads types, knows keys, and says what is missing; a reader of our own
    // would repeat that.
    let fields: Map<String, Json> = entries()
        .map(|Entry { key, value }| (key.text.to_string(), json(value)))
        .collect();
    match serde_json::from_value(Json::Object(fields)) {
        Ok(read) => Some(read),
        Err(error) => {
            let message = without_values(error.to_string());
            // The message names the unknown key.
            let unknown = message
                .strip_prefix("unknown field `")
                .and_then(|rest| rest.split('`').next());
            let at = unknown.and_then(|name| find(map, name)).unwrap_or(map.span);
            problems.report(at, message);
            None
        }
    }
}

/// The message without the value, which may be secret.
fn without_values(message: String) -> String {
    let found = message.strip_prefix("invalid type: string ");
    // From the end: the value in front may have those words too.
    match found.and_then(|rest| rest.rsplit_once(", expected ")) {
        Some((_, expected)) => format!("a text stands where {expected} is expected"),
        None => message,
    }
}

/// The position of this key, at any depth.
fn find(node: &Node<'_>, name: &str) -> Option<crate::source::Span> {
    match &node.value {
        Value::Map(entries) => entries.iter().find_map(|entry| {
            let here = (entry.key.text == name).then_some(entry.key.span);
            here.or_else(|| find(&entry.value, name))
        }),
        Value::List(items) => items.iter().find_map(|item| find(item, name)),
        Value::Null | Value::Scalar(_) | Value::Opaque => None,
    }
}

fn json(node: &Node<'_>) -> Json {
    match &node.value {
        Value::Null | Value::Opaque => Json::Null,
        Value::Scalar(text) => match text.as_ref() {
            "true" => Json::Bool(true),
            "false" => Json::Bool(false),
            text => Json::String(text.to_owned()),
        },
        Value::List(items) => items.iter().map(json).collect(),
        Value::Map(entries) => {
            let fields = entries
                .iter()
                .map(|entry| (entry.key.text.to_string(), json(&entry.value)));
            Json::Object(fields.collect())
        }
    }
}

/// A text, even if it looks like another type.
#[derive(Debug, Clone)]
pub(super) struct Text(pub(super) String);

impl<'de> Deserialize<'de> for Text {
    fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        match Json::deserialize(from)? {
            Json::String(text) => Ok(Self(text)),
            // A group or an account may be called `true`.
            Json::Bool(truth) => Ok(Self(truth.to_string())),
            _ => Err(D::Error::custom(
                "a text is expected in the place of a list, a map or nothing",
            )),
        }
    }
}

/// A whole number.
#[derive(Debug, Clone, Copy)]
pub(super) struct Number(pub(super) u32);

impl<'de> Deserialize<'de> for Number {
    fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let text = Text::deserialize(from)?.0;
        let number = text.parse().map(Self);
        number.map_err(|_| D::Error::custom(format!("`{text}` is no whole number")))
    }
}

/// A length of time, such as `10s`.
#[derive(Debug, Clone, Copy)]
pub(super) struct Time(pub(super) Duration);

impl<'de> Deserialize<'de> for Time {
    fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let text = Text::deserialize(from)?.0;
        let time = humantime::parse_duration(&text).map(Self);
        time.map_err(|error| D::Error::custom(format!("`{text}` is no time: {error}; for example `10s`")))
    }
}

/// A path, relative to the file's folder.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct FilePath(PathBuf);

impl FilePath {
    pub(super) fn within(&self, folder: &Path) -> PathBuf {
        folder.join(&self.0)
    }
}

/// A value that may be secret, and is never part of a message.
#[derive(Clone)]
pub(super) enum Secret {
    /// `{ file = "…" }`.
    File(FilePath),
    /// `{ env = "…" }`: a variable of the environment.
    Env(String),
    /// The value itself.
    Text(String),
}

impl<'de> Deserialize<'de> for Secret {
    fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let wrong =
            "the value of a header is `{ file: PATH }`, `{ env: NAME }` or, where it is no secret, `{ text: TEXT }`";
        let Json::Object(fields) = Json::deserialize(from)? else {
            return Err(D::Error::custom(wrong));
        };
        let mut fields = fields.into_iter();
        match (fields.next(), fields.next()) {
            (Some((kind, Json::String(value))), None) => match kind.as_str() {
                "file" => Ok(Self::File(FilePath(value.into()))),
                "env" => Ok(Self::Env(value)),
                "text" => Ok(Self::Text(value)),
                _ => Err(D::Error::custom(wrong)),
            },
            _ => Err(D::Error::custom(wrong)),
        }
    }
}
