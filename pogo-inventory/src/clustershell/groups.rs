//! Sources of groups: a map of maps of node sets.

use std::collections::HashMap;
use std::rc::Rc;

use pogo_core::fleet::{HostName, TagPath};
use pogo_core::inventory::Diagnostic;

use super::flat;
use crate::nodeset::{Lookup, NodeNames, NodeSetError, evaluate};
use crate::roster::Roster;
use crate::source::{Problems, Span};
use crate::tree::expect::expected;
use crate::tree::{Entry, Node, Value};
use crate::yaml;

const EXAMPLE: &str = "roles: { web: 'web[1-9]' }";

/// The most members of all groups: a short text must not fill the memory.
const MAX_MEMBERS: usize = 10_000_000;

/// The deepest nesting of groups.
// Each level is one more recursion.
const MAX_DEPTH: usize = 64;

type GroupName = (String, String);

/// A group as written.
struct Group<'a> {
    /// The file that defines it.
    file: usize,
    span: Span,
    parts: Vec<(Span, &'a str)>,
}

/// All groups of one or several files.
#[derive(Default)]
struct Groups<'a> {
    /// In file order.
    order: Vec<GroupName>,
    by_name: HashMap<GroupName, Group<'a>>,
    /// The file that defines each source.
    sources: HashMap<String, usize>,
}

/// The groups of the files, and warnings.
#[derive(Default)]
pub(super) struct ReadGroups {
    pub(super) roster: Roster,
    pub(super) warnings: Vec<Diagnostic>,
}

/// Reads all groups of these files; a file in the flat form comes with the name of its source.
pub(super) fn read(files: &mut [(Problems<'_>, Option<String>)]) -> ReadGroups {
    let mut read = ReadGroups::default();
    // All files first: groups refer to those of other files, in any order.
    let roots: Vec<_> = files
        .iter_mut()
        .map(|(problems, flat)| root(problems, flat.as_deref()))
        .collect();
    let mut groups = Groups::default();
    for (file, (root, (problems, _))) in roots.iter().zip(files.iter_mut()).enumerate() {
        if let Some(root) = root {
            groups.collect(problems, file, root);
        }
    }
    let mut resolver = Resolver {
        groups: &groups,
        known: HashMap::new(),
        open: Vec::new(),
    };
    let (mut members, mut tags) = (0, Tags::default());
    for name in &groups.order {
        let Some((group, (problems, _))) = groups
            .by_name
            .get(name)
            .and_then(|group| Some((group, files.get_mut(group.file)?)))
        else {
            continue;
        };
        match resolver.group(name) {
            Ok(nodes) if nodes.len() + members > MAX_MEMBERS => {
                let message = format!("the groups up to here have more than {MAX_MEMBERS} members");
                problems.report(group.span, message);
                // One message: all groups behind this one would be too many as well.
                break;
            }
            Ok(nodes) => {
                members += nodes.len();
                if let Some(path) = tags.path(problems, name, group.span, &mut read.warnings) {
                    enter(problems, &path, group.span, &nodes, &mut read.roster);
                }
            }
            Err(GroupFailure { span, text, error }) => {
                let at = problems.source.within(span, &text, error.offset);
                problems.report(at, error.message);
            }
        }
    }
    read
}

/// One file, if there is anything in it.
fn root<'t>(problems: &mut Problems<'t>, flat: Option<&str>) -> Option<Node<'t>> {
    let root = match flat {
        Some(source) => Some(flat::load(problems, source)),
        None => yaml::load(problems),
    };
    if root.is_none() && problems.is_empty() {
        problems.report(Span::START, "the file says nothing");
    }
    root
}

impl<'a> Groups<'a> {
    fn collect(&mut self, problems: &mut Problems<'_>, file: usize, root: &'a Node<'_>) {
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
            if *self.sources.entry(source.text.clone().into_owned()).or_insert(file) != file {
                let message = format!(
                    "another file of the folder has the source `{}` too",
                    source.text.escape_debug()
                );
                problems.report_with(
                    source.span,
                    message,
                    "give each source one file; ClusterShell refuses the folder",
                );
                continue;
            }
            for Entry { key, value } in entries {
                let name = (source.text.clone().into_owned(), key.text.clone().into_owned());
                let span = key.span;
                let parts = parts(problems, value);
                self.order.push(name.clone());
                self.by_name.insert(name, Group { file, span, parts });
            }
        }
    }
}

/// The group that each tag was made from.
#[derive(Default)]
struct Tags(HashMap<TagPath, GroupName>);

impl Tags {
    /// The tag of a group. Dots separate the segments of a tag, so a segment cannot contain one.
    fn path(
        &mut self,
        problems: &mut Problems<'_>,
        name: &GroupName,
        span: Span,
        warnings: &mut Vec<Diagnostic>,
    ) -> Option<TagPath> {
        let (source, group) = name;
        let path = TagPath::new(&source.replace('.', "_")).and_then(|path| path.child(&group.replace('.', "_")));
        let path = match path {
            Ok(path) => path,
            Err(error) => {
                problems.report(span, error.to_string());
                return None;
            }
        };
        if let Some((source, group)) = self.0.insert(path.clone(), name.clone()).filter(|other| other != name) {
            let message = format!("`{source}:{group}` and this group would both become the tag `{path}`");
            problems.report_with(span, message, "rename one of them");
            return None;
        }
        if source.contains('.') || group.contains('.') {
            let message = format!("the group `{source}:{group}` becomes the tag `{path}`");
            let warning = problems.source.diagnostic(span, message);
            warnings.push(warning.with_hint("a dot separates the parts of a tag"));
        }
        Some(path)
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

fn enter(problems: &mut Problems<'_>, path: &TagPath, span: Span, nodes: &NodeNames, roster: &mut Roster) {
    roster.declare(path);
    roster.at(&problems.source, span);
    for node in nodes {
        match HostName::new(node) {
            Ok(host) => roster.tag(&host, path),
            Err(error) => return problems.report(span, error.to_string()),
        }
    }
}

/// An error in one part of a group.
struct GroupFailure {
    span: Span,
    text: String,
    error: NodeSetError,
}

struct Resolver<'g, 'a> {
    groups: &'g Groups<'a>,
    // Shared: a group that many others name is evaluated once, and its nodes are not copied until
    // they are changed.
    known: HashMap<GroupName, Rc<NodeNames>>,
    // Searched through at each reference, which is cheap: it is never longer than the deepest
    // nesting.
    open: Vec<GroupName>,
}

impl Resolver<'_, '_> {
    fn group(&mut self, name: &GroupName) -> Result<Rc<NodeNames>, GroupFailure> {
        if let Some(nodes) = self.known.get(name) {
            return Ok(Rc::clone(nodes));
        }
        let mut nodes = NodeNames::new();
        let groups = self.groups;
        self.open.push(name.clone());
        let parts = groups.by_name.get(name).into_iter().flat_map(|group| &group.parts);
        for (span, text) in parts {
            let mut within = Within {
                resolver: self,
                source: &name.0,
            };
            match evaluate(text, &mut within) {
                Ok(found) => nodes.extend(found),
                Err(error) => {
                    self.open.pop();
                    return Err(GroupFailure {
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

    fn reference(&mut self, source: &str, group: &str) -> Result<NodeNames, String> {
        let name = (source.to_owned(), group.to_owned());
        if self.open.contains(&name) {
            return Err(format!("the group `@{source}:{group}` contains itself"));
        }
        if self.open.len() > MAX_DEPTH {
            return Err(format!("groups nest more than {MAX_DEPTH} deep here"));
        }
        if !self.groups.by_name.contains_key(&name) {
            let subject = if self.groups.sources.contains_key(source) {
                "this source has"
            } else {
                "there is"
            };
            return Err(format!("{subject} no group `@{source}:{group}` here"));
        }
        let wrong = |failure: GroupFailure| format!("in `@{source}:{group}`: {}", failure.error.message);
        self.group(&name).map(|nodes| (*nodes).clone()).map_err(wrong)
    }

    /// All nodes of a source: those of its group `all`, or of all its groups.
    fn all(&mut self, source: &str) -> Result<NodeNames, String> {
        let groups = self.groups;
        if !groups.sources.contains_key(source) {
            return Err(format!("there is no source `{source}` here"));
        }
        if groups.by_name.contains_key(&(source.to_owned(), "all".to_owned())) {
            return self.reference(source, "all");
        }
        // ClusterShell joins the texts of all groups into one expression, so that an operator in one of them applies
        // to those before it.
        let of_source = groups.by_name.iter().filter(|((of, _), _)| of == source);
        let mut texts = of_source.flat_map(|(_, group)| &group.parts);
        if texts.any(|(_, text)| text.contains(['!', '&', '^'])) {
            return Err(format!(
                "`@{source}:*` would mix up the operators of its groups; give `{source}` a group `all`"
            ));
        }
        let mut all = NodeNames::new();
        for (_, group) in groups.order.iter().filter(|(of, _)| of == source) {
            all.extend(self.reference(source, group)?);
        }
        Ok(all)
    }
}

/// Looks up groups relative to one source.
struct Within<'r, 'g, 'a> {
    resolver: &'r mut Resolver<'g, 'a>,
    source: &'r str,
}

impl Lookup for Within<'_, '_, '_> {
    fn group(&mut self, reference: &str) -> Result<NodeNames, String> {
        let (source, group) = reference.split_once(':').unwrap_or((self.source, reference));
        match group {
            "*" => self.resolver.all(source),
            _ => self.resolver.reference(source, group),
        }
    }

    fn all(&mut self) -> Result<NodeNames, String> {
        self.resolver.all(self.source)
    }
}
