//! The flat form: `group: nodes`, as in `groups.d/local.cfg`.

use std::borrow::Cow;
use std::collections::HashMap;

use crate::source::{Problems, Span};
use crate::text_line::TextLine;
use crate::tree::{Entry, Key, Node, Value};

/// Loads the lines as one source with this name. Several lines of one group add up, as in ClusterShell.
pub(super) fn load<'a>(problems: &mut Problems<'a>, source: &str) -> Node<'a> {
    let text: &'a str = problems.source.text;
    let mut groups = GroupEntries::default();
    for line in TextLine::all(text) {
        let whole = line.text.trim_end();
        match whole.split_once(':') {
            _ if whole.is_empty() || whole.starts_with('#') => {}
            Some((name, nodes)) if is_name(name) => {
                let nodes = nodes.trim_start();
                let node = Node {
                    span: line.span(whole.len() - nodes.len(), nodes.len()),
                    value: Value::Scalar(Cow::Borrowed(nodes)),
                };
                groups.add(line.span(0, name.len()), name, node);
            }
            _ => {
                let hint = "names are letters, digits, `_` and `-`, at the beginning of the line";
                problems.report_with(line.span(0, whole.len()), "expected `group: nodes`", hint);
            }
        }
    }
    if groups.entries.is_empty() && problems.is_empty() {
        problems.report(Span::START, "the file says nothing");
    }
    let key = Key {
        span: Span::START,
        text: Cow::Owned(source.to_owned()),
    };
    let span = Span::START;
    let value = Node {
        span,
        value: Value::Map(groups.entries),
    };
    Node {
        span,
        value: Value::Map(vec![Entry { key, value }]),
    }
}

/// Groups in the order of the file.
#[derive(Default)]
struct GroupEntries<'a> {
    entries: Vec<Entry<'a>>,
    known: HashMap<&'a str, usize>,
}

impl<'a> GroupEntries<'a> {
    fn add(&mut self, span: Span, name: &'a str, node: Node<'a>) {
        let known = self.known.get(name).and_then(|at| self.entries.get_mut(*at));
        if let Some(Entry {
            value: Node {
                value: Value::List(parts),
                ..
            },
            ..
        }) = known
        {
            return parts.push(node);
        }
        self.known.insert(name, self.entries.len());
        let text = Cow::Borrowed(name);
        let value = Node {
            span: node.span,
            value: Value::List(vec![node]),
        };
        self.entries.push(Entry {
            key: Key { span, text },
            value,
        });
    }
}

fn is_name(name: &str) -> bool {
    let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-');
    !name.is_empty() && name.chars().all(fits)
}
