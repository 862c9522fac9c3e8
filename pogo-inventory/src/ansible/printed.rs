//! Inventories in the JSON form of Ansible's programs: groups, hosts and variables in one object.

use super::groups::refused_child;
use super::model::Model;
use super::yaml::vars;
use crate::origins::SourceNumber;
use crate::source::{Problems, Span};
use crate::tree::expect::expected;
use crate::tree::{Entry, Key, Node, Value};
use crate::yaml;

/// Parses JSON; empty output is not an error.
pub(super) fn object<'a>(problems: &mut Problems<'a>) -> Option<Node<'a>> {
    if problems.source.text.trim().is_empty() {
        return None;
    }
    yaml::load(problems)
}

/// Reads the output of `--list`; true if it contains `_meta.hostvars`.
pub(super) fn list(problems: &mut Problems<'_>, model: &mut Model) -> bool {
    let source = model.origins.open(&problems.source.name);
    for name in ["all", "ungrouped"] {
        model.group(name, source.at(Span::START));
    }
    let root = object(problems);
    let Some(Value::Map(entries)) = root.as_ref().map(|root| &root.value) else {
        match &root {
            Some(root) => expected(
                problems,
                root,
                "an object of groups",
                "{\"web\": {\"hosts\": [\"web1\"]}}",
            ),
            None if problems.is_empty() => problems.report(Span::START, "it printed nothing"),
            None => {}
        }
        return true;
    };
    for Entry { key, value } in entries.iter().filter(|entry| entry.key.text != "_meta") {
        group(problems, (model, source), key, value);
    }
    let meta = entries.iter().find(|entry| entry.key.text == "_meta");
    if let Some(meta) = meta {
        host_variables(problems, (model, source), meta);
    }
    meta.is_some()
}

/// Reads `_meta.hostvars`.
fn host_variables(problems: &mut Problems<'_>, (model, source): (&mut Model, SourceNumber), meta: &Entry<'_>) {
    match field(&meta.value, "hostvars").map(|hostvars| (hostvars, &hostvars.value)) {
        Some((_, Value::Map(hosts))) => {
            for Entry { key, value } in hosts {
                let found = vars(problems, source, value);
                // As in Ansible, variables do not create a host that is in no group.
                if model.fleet.contains(&key.text) {
                    model.set_vars(&key.text, found);
                }
            }
        }
        // An error: ignoring a malformed `_meta` would lose variables.
        Some((node, _)) => expected(
            problems,
            node,
            "an object of hosts",
            "{\"web1\": {\"ansible_user\": \"deploy\"}}",
        ),
        None => problems.report_with(
            meta.value.span,
            "`_meta` has no `hostvars`",
            "leave `_meta` out, so that it is asked with --host for each host, or give it `hostvars`",
        ),
    }
}

pub(super) fn field<'n, 'a>(node: &'n Node<'a>, name: &str) -> Option<&'n Node<'a>> {
    match &node.value {
        Value::Map(entries) => entries
            .iter()
            .find(|entry| entry.key.text == name)
            .map(|entry| &entry.value),
        _ => None,
    }
}

/// `{"hosts": […], "vars": {…}, "children": […]}`, a bare list of hosts, or the variables of a host with that name.
fn group(problems: &mut Problems<'_>, (model, source): (&mut Model, SourceNumber), key: &Key<'_>, node: &Node<'_>) {
    let position = source.at(key.span);
    let number = model.number(&key.text, position);
    let is_group = ["hosts", "vars", "children"]
        .iter()
        .any(|name| field(node, name).is_some());
    if matches!(node.value, Value::Map(_)) && !is_group {
        let found = vars(problems, source, node);
        model.join(number, &key.text, position, None);
        // As in Ansible: the variables of a group with this name, whose only member is the host.
        return model.set_vars(&key.text, found);
    }
    // The form of old programs, which Ansible still takes.
    let hosts = if is_group { field(node, "hosts") } else { Some(node) };
    for (name, span) in hosts.map(|hosts| names(problems, hosts)).unwrap_or_default() {
        model.join(number, &name, source.at(span), None);
    }
    for (name, span) in field(node, "children")
        .map(|children| names(problems, children))
        .unwrap_or_default()
    {
        if let Some(refused) = refused_child(&key.text, &name) {
            problems.report_with(span, refused.message, refused.hint);
            continue;
        }
        model.group(&name, source.at(span));
        model.group(&key.text, source.at(span)).children.insert(name);
    }
    if let Some(node) = field(node, "vars") {
        let found = vars(problems, source, node);
        model.group(&key.text, position).vars.extend(found);
    }
}

/// The strings of a list with their spans.
fn names(problems: &mut Problems<'_>, node: &Node<'_>) -> Vec<(String, Span)> {
    let mut names = Vec::new();
    match &node.value {
        Value::List(items) => {
            for item in items {
                match item.scalar() {
                    Some(text) => names.push((text.clone().into_owned(), item.span)),
                    None => expected(problems, item, "a name", "\"web1\""),
                }
            }
        }
        _ => expected(problems, node, "a list of names", "[\"web1\", \"web2\"]"),
    }
    names
}
