//! The YAML form: groups with `hosts`, `children` and `vars`.

use super::model::{Model, set};
use super::pattern;
use super::vars::{Var, Vars};
use crate::origins::SourceNumber;
use crate::source::{Problems, Span};
use crate::tree::expect::expected;
use crate::tree::{Entry, Key, Node, Value, keys};
use crate::yaml::load_with;

const KEYS: [&str; 3] = ["hosts", "children", "vars"];

/// YAML types of Ansible's own: encrypted text, and text without templates.
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
    if let Some(plugin) = entries.iter().find(|entry| entry.key.text == "plugin") {
        let hint = "write down what `ansible-inventory -i FILE --list --yaml` prints";
        return problems.report_with(plugin.key.span, "inventory plugins are not supported", hint);
    }
    let source = model.origins.open(&problems.source.name);
    let mut reader = Reader {
        problems,
        model,
        source,
    };
    for entry in entries {
        reader.group(&entry.key, &entry.value);
    }
}

struct Reader<'r, 'a> {
    problems: &'r mut Problems<'a>,
    model: &'r mut Model,
    source: SourceNumber,
}

impl Reader<'_, '_> {
    fn group(&mut self, name: &Key<'_>, node: &Node<'_>) {
        let place = self.source.at(name.span);
        self.model.group(&name.text, place);
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
                    self.model.group(&name.text, place).vars.extend(found);
                }
                _ => keys::unknown(self.problems, key, "a group", &KEYS),
            }
        }
    }

    /// Hosts or groups: the keys of a map, or one alone.
    fn members(&mut self, node: &Node<'_>, mut member: impl FnMut(&mut Self, &Key<'_>, Option<&Node<'_>>)) {
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
        let place = self.source.at(key.span);
        let mut found = Vars::default();
        if let Some(port) = port {
            set(&mut found, "ansible_port", Var::Text(port.to_string().into()), place);
        }
        let own = node.map(|node| vars(self.problems, self.source, node));
        found.extend(own.unwrap_or_default());
        for host in hosts {
            let group = self.model.number(group, place);
            self.model.join(group, &host, place).vars.take(found.clone());
        }
    }

    fn child(&mut self, group: &str, key: &Key<'_>, node: Option<&Node<'_>>) {
        let span: Span = key.span;
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

/// The variables of a map that pogo uses.
pub(super) fn vars(problems: &mut Problems<'_>, source: SourceNumber, node: &Node<'_>) -> Vars {
    let mut vars = Vars::default();
    match &node.value {
        Value::Null => {}
        Value::Map(entries) => {
            for Entry { key, value } in entries {
                let place = source.at(value.span);
                let value = match &value.value {
                    Value::Null => Var::Null,
                    Value::Scalar(text) => Var::Text((&**text).into()),
                    Value::Opaque | Value::List(_) | Value::Map(_) => Var::Structure,
                };
                set(&mut vars, &key.text, value, place);
            }
        }
        _ => expected(problems, node, "a map of variables", "{ ansible_user: deploy }"),
    }
    vars
}
