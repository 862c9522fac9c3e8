//! The whole file: its sections.

use pogo_core::fleet::TagPath;
use pogo_core::policy::Policy;

use super::constraints;
use super::names::{Pogo4Names, map};
use crate::roster::Roster;
use crate::source::{Problems, Span};
use crate::tree::{Entry, Key, Node, Value, expect, keys};
use crate::yaml;

const KEYS: [&str; 3] = ["apps", "envs", "constraints"];

/// Reads the valid part of the file; `problems` lists the rest.
pub(super) fn read(problems: &mut Problems<'_>) -> (Roster, Policy) {
    let (mut roster, mut policy, mut names) = (Roster::default(), Policy::default(), Pogo4Names::default());
    let root = yaml::load(problems);
    let Some(Value::Map(entries)) = root.as_ref().map(|root| &root.value) else {
        refuse(problems, root.as_ref());
        return (roster, policy);
    };
    for Entry { key, .. } in entries {
        if !KEYS.contains(&&*key.text) {
            keys::unknown(problems, key, "a file of Pogo 4.0", &KEYS);
        }
    }
    let section = |name: &str| {
        entries
            .iter()
            .find(|entry| entry.key.text == name)
            .map(|entry| &entry.value)
    };
    // Not in the order of the file: constraints name apps and environments, and environments must
    // not be named as apps.
    if let Some(node) = section("apps") {
        apps(problems, node, &mut roster, &mut names);
    }
    if let Some(node) = section("envs") {
        envs(problems, node, &mut roster, &mut names);
    }
    if let Some(node) = section("constraints") {
        constraints::read(problems, node, &names, &mut policy);
    }
    (roster, policy)
}

fn refuse(problems: &mut Problems<'_>, root: Option<&Node<'_>>) {
    match root {
        Some(root) => expect::expected(
            problems,
            root,
            "`apps`, `envs` and `constraints`",
            "apps: { web: [\"web[1-9]\"] }",
        ),
        None if problems.is_empty() => {
            problems.report_with(Span::START, "the file says nothing", "name hosts under `apps:`");
        }
        None => {}
    }
}

fn apps(problems: &mut Problems<'_>, node: &Node<'_>, roster: &mut Roster, names: &mut Pogo4Names) {
    for Entry { key, value } in map(
        problems,
        node,
        "a map from apps to hosts",
        "apps: { web: [\"web[1-9]\"] }",
    ) {
        if let Some(path) = plain(problems, key, None) {
            hosts(problems, &path, value, roster);
            names.apps.insert(key.text.clone().into_owned(), path);
        }
    }
}

fn envs(problems: &mut Problems<'_>, node: &Node<'_>, roster: &mut Roster, names: &mut Pogo4Names) {
    let example = "envs: { coast: { east: [\"web[1-9]\"] } }";
    for Entry { key, value } in map(problems, node, "a map from environments to their values", example) {
        if names.apps.contains_key(&*key.text) {
            let message = format!("`{}` is an app already", key.text);
            problems.report_with(
                key.span,
                message,
                "apps and environments become tags, and need different names",
            );
            continue;
        }
        let Some(path) = plain(problems, key, None) else {
            continue;
        };
        roster.declare(&path);
        for Entry { key, value } in map(problems, value, "a map from values to hosts", example) {
            if let Some(path) = plain(problems, key, Some(&path)) {
                hosts(problems, &path, value, roster);
            }
        }
        names.envs.insert(key.text.clone().into_owned(), path);
    }
}

/// A name as a tag segment, without dots.
fn plain(problems: &mut Problems<'_>, key: &Key<'_>, parent: Option<&TagPath>) -> Option<TagPath> {
    if key.text.contains('.') {
        let message = format!(
            "the name `{}` has a dot, which separates the parts of a tag",
            key.text.escape_debug()
        );
        problems.report_with(key.span, message, "write it with `_` or `-`");
        return None;
    }
    let path = parent.map_or_else(|| TagPath::new(&key.text), |parent| parent.child(&key.text));
    path.map_err(|error| problems.report(key.span, error.to_string())).ok()
}

fn hosts(problems: &mut Problems<'_>, path: &TagPath, node: &Node<'_>, roster: &mut Roster) {
    roster.declare(path);
    match &node.value {
        Value::Null => {}
        Value::Scalar(text) => roster.members(problems, node.span, text, path),
        Value::List(items) if items.iter().all(|item| !item.is_null()) => {
            for item in items {
                hosts(problems, path, item, roster);
            }
        }
        _ => expect::expected(problems, node, "a list of hosts", "[\"web[1-9]\"]"),
    }
}
