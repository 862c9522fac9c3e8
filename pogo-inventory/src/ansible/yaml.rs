//! The YAML form: groups with `hosts`, `children` and `vars`.

use super::groups::refused_child;
use super::model::Model;
use super::vars::{Setting, Var, Vars, known};
use super::{pattern, yaml_value};
use crate::origins::SourceNumber;
use crate::source::{Problems, SourceText, Span};
use crate::tree::expect::expected;
use crate::tree::{Entry, Key, Node, Value, keys};
use crate::yaml::load_with;

const KEYS: [&str; 3] = ["hosts", "children", "vars"];

/// Ansible's own YAML tags: encrypted text, and text without templates.
pub(super) const OPAQUE: [&str; 3] = ["!vault", "!vault-encrypted", "!unsafe"];

/// Reads the text into the model.
pub(super) fn read(problems: &mut Problems<'_>, model: &mut Model) {
    let Some(root) = load_with(problems, &OPAQUE) else {
        if problems.is_empty() {
            problems.report(Span::START, "the file says nothing");
        }
        return;
    };
    let Value::Map(entries) = &root.value else {
        return expected(problems, &root, "a map of groups", "all: { hosts: { web1: } }");
    };
    // A configuration of a plugin is a map of texts: without this it would be refused as groups
    // with wrong contents.
    if let Some(plugin) = entries.iter().find(|entry| entry.key.text == "plugin") {
        let hint = "write down what `ansible-inventory -i FILE --list --yaml` prints";
        return problems.report_with(plugin.key.span, "inventory plugins are not supported", hint);
    }
    let source = model.origins.open(&problems.source.name);
    let mut reader = YamlInventoryReader {
        problems,
        model,
        source,
    };
    for entry in entries {
        if reader.is_text(&entry.key) {
            reader.group(&entry.key, &entry.value);
        }
    }
}

struct YamlInventoryReader<'r, 'a> {
    problems: &'r mut Problems<'a>,
    model: &'r mut Model,
    source: SourceNumber,
}

impl YamlInventoryReader<'_, '_> {
    fn group(&mut self, name: &Key<'_>, node: &Node<'_>) {
        let position = self.source.at(name.span);
        self.model.group(&name.text, position);
        let entries = match &node.value {
            Value::Null => return,
            Value::Map(entries) => entries,
            _ => return expected(self.problems, node, "a group", "{ hosts: { web1: }, vars: {} }"),
        };
        for Entry { key, value } in entries {
            match &*key.text {
                "hosts" => self.members(value, |reader, key, node| reader.host(&name.text, key, node)),
                "children" => self.members(value, |reader, key, node| reader.child(&name.text, key, node)),
                "vars" => {
                    let found = vars(self.problems, self.source, value);
                    self.model.group(&name.text, position).vars.extend(found);
                }
                _ => keys::unknown(self.problems, key, "a group", &KEYS),
            }
        }
    }

    /// Whether the key is a string in YAML 1.1; Ansible refuses other types as names.
    fn is_text(&mut self, key: &Key<'_>) -> bool {
        let plain = is_plain(&self.problems.source, key.span, &key.text);
        let is_text = !plain || yaml_value::is_text(&key.text);
        if !is_text {
            let message = format!(
                "`{}` is not a text, as names of hosts and groups are",
                key.text.escape_debug()
            );
            let hint = format!("quote it: '{}'", key.text.escape_debug());
            self.problems.report_with(key.span, message, hint);
        }
        is_text
    }

    /// Hosts or groups: the keys of a map, or a single name.
    fn members(&mut self, node: &Node<'_>, mut member: impl FnMut(&mut Self, &Key<'_>, Option<&Node<'_>>)) {
        let mut member = |reader: &mut Self, key: &Key<'_>, node: Option<&Node<'_>>| {
            if reader.is_text(key) {
                member(reader, key, node);
            }
        };
        match &node.value {
            Value::Null => {}
            Value::Scalar(text) => {
                let (span, text) = (node.span, text.clone());
                member(self, &Key { span, text }, None);
            }
            Value::Map(entries) => {
                for entry in entries {
                    member(self, &entry.key, Some(&entry.value));
                }
            }
            _ => expected(
                self.problems,
                node,
                "a map whose keys are the names",
                "{ web1: , web2: }",
            ),
        }
    }

    fn host(&mut self, group: &str, key: &Key<'_>, node: Option<&Node<'_>>) {
        let (hosts, port) = match pattern::expand(&key.text) {
            Ok(expanded) => expanded,
            Err(message) => return self.problems.report(key.span, message),
        };
        let position = self.source.at(key.span);
        let vars = node
            .map(|node| vars(self.problems, self.source, node))
            .unwrap_or_default();
        let group = self.model.number(group, position);
        for host in hosts {
            self.model.join(group, &host, position, port);
            self.model.set_vars(&host, vars.clone());
        }
    }

    fn child(&mut self, group: &str, key: &Key<'_>, node: Option<&Node<'_>>) {
        let span: Span = key.span;
        if let Some(refused) = refused_child(group, &key.text) {
            return self.problems.report_with(span, refused.message, refused.hint);
        }
        let nothing = Node {
            span,
            value: Value::Null,
        };
        self.group(key, node.unwrap_or(&nothing));
        self.model
            .group(group, self.source.at(span))
            .children
            .insert(key.text.clone().into_owned());
    }
}

/// The known variables of a map. Others are not checked.
pub(super) fn vars(problems: &mut Problems<'_>, source: SourceNumber, node: &Node<'_>) -> Vars {
    let mut vars = Vars::default();
    let entries = match &node.value {
        Value::Null => return vars,
        Value::Map(entries) => entries,
        _ => {
            expected(problems, node, "a map of variables", "{ ansible_user: deploy }");
            return vars;
        }
    };
    let mut used = Vec::new();
    for Entry { key, value } in entries {
        let Some(name) = known(&key.text) else {
            continue;
        };
        used.push(Span {
            // The value of an alias is defined elsewhere.
            end: value.span.end.max(key.span.end),
            ..key.span
        });
        let position = source.at(value.span);
        let value = self::value(problems, value);
        vars.insert(name, Setting { value, position });
    }
    // Variables of roles have whatever a play needs, also duplicates and tags that pogo does not
    // know.
    problems.forgive(node.span, &used);
    vars
}

fn value(problems: &Problems<'_>, node: &Node<'_>) -> Var {
    match &node.value {
        Value::Null => Var::Null,
        Value::Scalar(text) if is_plain(&problems.source, node.span, text) => yaml_value::read(text),
        Value::Scalar(text) => Var::Text((&**text).into()),
        // Ansible's JSON form of text without templates.
        Value::Map(entries) => match entries.as_slice() {
            [Entry { key, value }] if key.text == "__ansible_unsafe" => self::value(problems, value),
            _ => Var::Structure,
        },
        Value::Opaque | Value::List(_) => Var::Structure,
    }
}

/// Whether a scalar is unquoted and has no tag that makes it a string.
fn is_plain(source: &SourceText<'_>, span: Span, text: &str) -> bool {
    let before = source.text.get(..span.start as usize).unwrap_or_default();
    source.slice(span) == text && !before.trim_end().ends_with("!!str")
}
