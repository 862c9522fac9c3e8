//! Sources of groups: a map of maps of node sets.

use std::collections::HashMap;
use std::rc::Rc;

use pogo_core::fleet::{HostName, TagPath};

use super::flat;
use crate::nodeset::{Names, NodeSetError, evaluate};
use crate::roster::Roster;
use crate::source::{Problems, Span};
use crate::tree::expect::expected;
use crate::tree::{Entry, Node, Value};
use crate::yaml;

const EXAMPLE: &str = "roles: { web: 'web[1-9]' }";

/// Members of all groups together: a short text must not fill the memory.
const MAX_MEMBERS: usize = 10_000_000;

/// Groups within groups.
const MAX_DEPTH: usize = 64;

type GroupName = (String, String);

/// A group as it is written.
struct Group<'a> {
    span: Span,
    parts: Vec<(Span, &'a str)>,
}

/// Reads all groups; with a name, those of one source in the flat form.
pub(super) fn read(problems: &mut Problems<'_>, flat: Option<&str>) -> Roster {
    let mut roster = Roster::default();
    let root = match flat {
        Some(source) => Some(flat::load(problems, source)),
        None => yaml::load(problems),
    };
    let Some(root) = root else {
        if problems.is_empty() {
            problems.report(Span::START, "the file says nothing");
        }
        return roster;
    };
    let mut order = Vec::new();
    let mut groups = HashMap::new();
    collect(problems, &root, &mut order, &mut groups);
    let mut resolver = Resolver {
        groups: &groups,
        known: HashMap::new(),
        open: Vec::new(),
    };
    let mut members = 0;
    for name in &order {
        let Some(group) = groups.get(name) else {
            continue;
        };
        match resolver.group(name) {
            Ok(nodes) if nodes.len() + members > MAX_MEMBERS => {
                problems.report(
                    group.span,
                    format!("the groups up to here have more than {MAX_MEMBERS} members"),
                );
                break;
            }
            Ok(nodes) => {
                members += nodes.len();
                enter(problems, name, group.span, &nodes, &mut roster);
            }
            Err(Failure { span, text, error }) => {
                let at = problems.source.within(span, &text, error.offset);
                problems.report(at, error.message);
            }
        }
    }
    roster
}

fn collect<'n>(
    problems: &mut Problems<'_>,
    root: &'n Node<'_>,
    order: &mut Vec<GroupName>,
    groups: &mut HashMap<GroupName, Group<'n>>,
) {
    let Value::Map(sources) = &root.value else {
        return expected(problems, root, "a map of sources", EXAMPLE);
    };
    for Entry { key: source, value } in sources {
        let entries = match &value.value {
            Value::Null => continue,
            Value::Map(entries) => entries,
            _ => {
                expected(problems, value, "a map from groups to node sets", EXAMPLE);
                continue;
            }
        };
        for Entry { key, value } in entries {
            let name = (source.text.clone().into_owned(), key.text.clone().into_owned());
            let span = key.span;
            let parts = parts(problems, value);
            order.push(name.clone());
            groups.insert(name, Group { span, parts });
        }
    }
}

fn parts<'n>(problems: &mut Problems<'_>, node: &'n Node<'_>) -> Vec<(Span, &'n str)> {
    match &node.value {
        Value::Null => vec![],
        Value::Scalar(text) => vec![(node.span, text)],
        Value::List(items) => items.iter().flat_map(|item| parts(problems, item)).collect(),
        Value::Map(_) | Value::Opaque => {
            expected(problems, node, "a node set", EXAMPLE);
            vec![]
        }
    }
}

fn enter(problems: &mut Problems<'_>, (source, group): &GroupName, span: Span, nodes: &Names, roster: &mut Roster) {
    let path = TagPath::new(source).and_then(|path| path.child(group));
    let path = match path {
        Ok(path) if !source.contains('.') && !group.contains('.') => path,
        Ok(_) => {
            let message = format!("`{source}:{group}` has a dot, which separates the parts of a tag");
            return problems.report_with(span, message, "write it with `_` or `-`");
        }
        Err(error) => return problems.report(span, error.to_string()),
    };
    roster.declare(&path);
    roster.at(&problems.source, span);
    for node in nodes {
        match HostName::new(node) {
            Ok(host) => roster.tag(&host, &path),
            Err(error) => return problems.report(span, error.to_string()),
        }
    }
}

/// A mistake in one part of a group.
struct Failure {
    span: Span,
    text: String,
    error: NodeSetError,
}

struct Resolver<'g, 'a> {
    groups: &'g HashMap<GroupName, Group<'a>>,
    known: HashMap<GroupName, Rc<Names>>,
    open: Vec<GroupName>,
}

impl Resolver<'_, '_> {
    fn group(&mut self, name: &GroupName) -> Result<Rc<Names>, Failure> {
        if let Some(nodes) = self.known.get(name) {
            return Ok(Rc::clone(nodes));
        }
        let mut nodes = Names::new();
        let groups = self.groups;
        self.open.push(name.clone());
        for (span, text) in groups.get(name).into_iter().flat_map(|group| &group.parts) {
            let found = evaluate(text, |reference| self.reference(&name.0, reference));
            match found {
                Ok(found) => nodes.extend(found),
                Err(error) => {
                    self.open.pop();
                    return Err(Failure {
                        span: *span,
                        text: (*text).to_owned(),
                        error,
                    });
                }
            }
        }
        self.open.pop();
        let nodes = Rc::new(nodes);
        self.known.insert(name.clone(), Rc::clone(&nodes));
        Ok(nodes)
    }

    fn reference(&mut self, source: &str, reference: &str) -> Result<Names, String> {
        let (source, group) = reference.split_once(':').unwrap_or((source, reference));
        let name = (source.to_owned(), group.to_owned());
        if self.open.contains(&name) {
            return Err(format!("the group `@{source}:{group}` contains itself"));
        }
        if self.open.len() > MAX_DEPTH {
            return Err(format!("groups nest more than {MAX_DEPTH} deep here"));
        }
        if !self.groups.contains_key(&name) {
            return Err(format!("this file has no group `@{source}:{group}`"));
        }
        let wrong = |failure: Failure| format!("in `@{source}:{group}`: {}", failure.error.message);
        self.group(&name).map(|nodes| (*nodes).clone()).map_err(wrong)
    }
}
