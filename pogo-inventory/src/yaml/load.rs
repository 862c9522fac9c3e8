//! Builds the tree from the parser's events.

use std::borrow::Cow;

use granit_parser::{Event, Parser, ScalarStyle, ScanError};

use super::anchors::{AliasError, Anchors};
use super::map::{merge, refuse_duplicates};
use super::{MAX_ALIASED, MAX_DEPTH, syntax};
use crate::source::{Problems, Span, narrow};
use crate::tree::{Entry, Key, Node, Value};

/// Loads one document. `None` if it is empty, or invalid, which is reported.
pub(crate) fn load<'a>(problems: &mut Problems<'a>) -> Option<Node<'a>> {
    load_with(problems, &[])
}

/// Loads a document that may contain values with these tags (`!vault`); they become [`Value::Opaque`].
pub(crate) fn load_with<'a>(problems: &mut Problems<'a>, opaque: &[&str]) -> Option<Node<'a>> {
    let options = granit_parser::options! {
        emit_comments: false,
        // An unquoted `*.example.com` is an alias: it is explained, and the rest is checked all the same.
        emit_unresolved_aliases: true,
        flow_nesting_limit: MAX_DEPTH,
        block_nesting_limit: MAX_DEPTH,
    };
    let mut loader = Loader {
        problems,
        opaque,
        stack: Vec::new(),
        anchors: Anchors::default(),
        documents: 0,
        root: None,
    };
    for event in Parser::new_from_str_with_options(loader.problems.source.text, options) {
        let (event, span) = match event {
            Ok(event) => event,
            Err(error) => return loader.broken(&error),
        };
        let opaque = loader.is_opaque(&event, &span);
        if loader.take(event, span_of(&span), opaque).is_err() {
            return None;
        }
    }
    loader.root
}

/// Loading was aborted after a reported problem.
struct LoadAborted;

struct Loader<'p, 'a> {
    problems: &'p mut Problems<'a>,
    opaque: &'p [&'p str],
    stack: Vec<OpenCollection<'a>>,
    anchors: Anchors<'a>,
    documents: usize,
    root: Option<Node<'a>>,
}

/// An incomplete list or map.
struct OpenCollection<'a> {
    span: Span,
    anchor: usize,
    items: Items<'a>,
}

enum Items<'a> {
    /// The items of a sequence so far.
    List(Vec<Node<'a>>),
    /// A map with its pending key; the key's text is `None` if it was not a scalar.
    Map(Vec<Entry<'a>>, Option<(Span, Option<Cow<'a, str>>)>),
}

impl<'a> Loader<'_, 'a> {
    fn take(&mut self, event: Event<'a>, span: Span, opaque: bool) -> Result<(), LoadAborted> {
        match event {
            Event::DocumentStart(..) => return self.document(span),
            Event::Alias(id) => {
                let node = self.alias(id, span)?;
                self.insert(node, 0)?;
            }
            Event::UnresolvedAlias(name) => {
                self.problems
                    .push(syntax::unresolved(&self.problems.source, span, &name));
                let value = Value::Scalar(format!("*{name}").into());
                self.insert(Node { span, value }, 0)?;
            }
            Event::Scalar(_, _, anchor, _) if opaque => {
                let value = Value::Opaque;
                self.insert(Node { span, value }, anchor)?;
            }
            Event::Scalar(text, style, anchor, _) => {
                // In quotes it is a text: a host may be called `null`.
                let null = style == ScalarStyle::Plain && is_null(&text);
                let value = if null { Value::Null } else { Value::Scalar(text) };
                self.insert(Node { span, value }, anchor)?;
            }
            Event::SequenceStart(_, anchor, _) => self.open(span, anchor, Items::List(Vec::new())),
            Event::MappingStart(_, anchor, _) => self.open(span, anchor, Items::Map(Vec::new(), None)),
            Event::SequenceEnd | Event::MappingEnd => self.close(span)?,
            _ => {}
        }
        Ok(())
    }

    /// Refuses other tags: an unquoted selector such as `!$web` is a tag in YAML, and ignoring it would invert its
    /// meaning.
    fn is_opaque(&mut self, event: &Event<'_>, span: &granit_parser::Span) -> bool {
        let (Some(tag), Some(at)) = (event.tag(), span.tag_span()) else {
            return false;
        };
        let at = span_of(&at);
        // As it is written: the parser resolves tags to addresses, and Ansible's have none.
        if self.opaque.contains(&self.problems.source.slice(at)) {
            return true;
        }
        if !["str", "seq", "map"]
            .iter()
            .any(|name| tag.is_yaml_core_schema_tag(name))
        {
            let problem = syntax::tagged(&self.problems.source, at);
            self.problems.report_content(at, problem);
        }
        false
    }

    fn document(&mut self, span: Span) -> Result<(), LoadAborted> {
        self.documents += 1;
        if self.documents == 1 {
            return Ok(());
        }
        self.problems.report_with(
            span,
            "a second YAML document begins here; a file holds one",
            "remove the `---` line, or move what follows it to a file of its own",
        );
        Err(LoadAborted)
    }

    fn open(&mut self, span: Span, anchor: usize, items: Items<'a>) {
        self.stack.push(OpenCollection { span, anchor, items });
    }

    fn close(&mut self, end: Span) -> Result<(), LoadAborted> {
        let Some(frame) = self.stack.pop() else {
            return Ok(());
        };
        let value = match frame.items {
            Items::List(items) => Value::List(items),
            Items::Map(entries, _) => {
                refuse_duplicates(self.problems, &entries);
                Value::Map(merge(self.problems, entries))
            }
        };
        let span = Span {
            end: end.end.max(frame.span.end),
            ..frame.span
        };
        self.insert(Node { span, value }, frame.anchor)
    }

    /// Adds a complete value to its parent.
    fn insert(&mut self, node: Node<'a>, anchor: usize) -> Result<(), LoadAborted> {
        if anchor != 0 && !self.anchors.define(anchor, &node) {
            return self.bomb(node.span);
        }
        match self.stack.last_mut().map(|frame| &mut frame.items) {
            None => self.root = Some(node),
            Some(Items::List(items)) => items.push(node),
            Some(Items::Map(entries, key)) => match key.take() {
                Some((span, Some(text))) => entries.push(Entry {
                    key: Key { span, text },
                    value: node,
                }),
                Some((_, None)) => {}
                None => *key = Some(key_of(self.problems, node)),
            },
        }
        Ok(())
    }

    fn alias(&mut self, id: usize, span: Span) -> Result<Node<'a>, LoadAborted> {
        match self.anchors.resolve(id, self.stack.len()) {
            Ok(node) => Ok(node),
            Err(AliasError::ToItself) => {
                self.problems
                    .report(span, "this alias stands inside the very value that it repeats");
                Err(LoadAborted)
            }
            Err(AliasError::TooDeep) => {
                let message = format!("aliases nest more than {MAX_DEPTH} levels deep here");
                self.problems.report(span, message);
                Err(LoadAborted)
            }
            Err(AliasError::TooMuch) => self.bomb(span),
        }
    }

    fn bomb<T>(&mut self, span: Span) -> Result<T, LoadAborted> {
        let message = format!("aliases repeat more than {MAX_ALIASED} values up to here");
        self.problems
            .report_with(span, message, "name a group once and refer to it by its tag");
        Err(LoadAborted)
    }

    fn broken(self, error: &ScanError) -> Option<Node<'a>> {
        let open = self.stack.last().map(|frame| frame.span);
        let problem = syntax::explain(&self.problems.source, error, open);
        self.problems.push(problem);
        None
    }
}

fn key_of<'a>(problems: &mut Problems<'a>, node: Node<'a>) -> (Span, Option<Cow<'a, str>>) {
    let problem = match node.value {
        Value::Scalar(text) => return (node.span, Some(text)),
        Value::Null => problems.source.diagnostic(node.span, "a key is missing before the `:`"),
        Value::List(_) | Value::Map(_) | Value::Opaque => problems
            .source
            .diagnostic(node.span, "a key must be text")
            .with_hint("quote keys that begin with `[` or `{`: \"{web,db}.example.com\""),
    };
    problems.report_content(node.span, problem);
    (node.span, None)
}

fn span_of(span: &granit_parser::Span) -> Span {
    let column = narrow(span.start.col()).saturating_add(1);
    Span::new(span.byte_range().unwrap_or_default(), span.start.line(), column)
}

fn is_null(text: &str) -> bool {
    matches!(text, "" | "~" | "null" | "Null" | "NULL")
}
