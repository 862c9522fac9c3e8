//! The tree.

use std::borrow::Cow;

use crate::source::Span;

/// A value and its position.
#[derive(Debug, Clone)]
pub(crate) struct Node<'a> {
    pub(crate) span: Span,
    pub(crate) value: Value<'a>,
}

#[derive(Debug, Clone)]
pub(crate) enum Value<'a> {
    /// No value at all, `~` or `null`.
    Null,
    /// A text, number or boolean, as written.
    Scalar(Cow<'a, str>),
    /// A value with a special tag, such as `!vault`, whose content is not read.
    Opaque,
    /// A sequence, in either style.
    List(Vec<Node<'a>>),
    /// A mapping, with its keys as they come, also one that comes twice.
    Map(Vec<Entry<'a>>),
}

#[derive(Debug, Clone)]
pub(crate) struct Entry<'a> {
    pub(crate) key: Key<'a>,
    pub(crate) value: Node<'a>,
}

#[derive(Debug, Clone)]
pub(crate) struct Key<'a> {
    pub(crate) span: Span,
    pub(crate) text: Cow<'a, str>,
}

impl<'a> Node<'a> {
    /// Describes the kind of value in YAML's terms, for messages.
    pub(crate) fn kind(&self) -> String {
        match &self.value {
            Value::Null => "nothing".to_owned(),
            Value::Scalar(text) if text.chars().count() <= 40 => format!("`{}`", text.escape_debug()),
            Value::Scalar(_) => "a text".to_owned(),
            Value::Opaque => "an encrypted value".to_owned(),
            Value::List(_) => "a list".to_owned(),
            Value::Map(_) => "a map".to_owned(),
        }
    }

    pub(crate) fn is_null(&self) -> bool {
        matches!(self.value, Value::Null)
    }

    pub(crate) fn scalar(&self) -> Option<&Cow<'a, str>> {
        match &self.value {
            Value::Scalar(text) => Some(text),
            _ => None,
        }
    }

    /// The number of values, itself included, and the nesting depth.
    pub(crate) fn size(&self) -> (usize, usize) {
        let fold = |(size, depth): (usize, usize), child: &Self| {
            let (more, deeper) = child.size();
            (size + more, depth.max(deeper + 1))
        };
        match &self.value {
            Value::Null | Value::Scalar(_) | Value::Opaque => (1, 1),
            Value::List(items) => items.iter().fold((1, 1), fold),
            Value::Map(entries) => entries.iter().map(|entry| &entry.value).fold((1, 1), fold),
        }
    }
}
