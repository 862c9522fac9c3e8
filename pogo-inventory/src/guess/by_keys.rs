//! Types recognized by their keys.

use super::file_kind::Guess;
#[cfg(feature = "yaml")]
use super::file_kind::{FileKind, guess};

#[cfg(not(feature = "yaml"))]
pub(super) fn of(_: &str) -> Option<Guess> {
    None
}

#[cfg(feature = "yaml")]
pub(super) fn of(text: &str) -> Option<Guess> {
    use crate::source::{Problems, SourceText};
    use crate::tree::Value;

    // Without quotes it is a YAML list or map.
    let is_json = text.trim_start().starts_with(['{', '[']) && text.contains('"');
    let mut lines = text.lines().filter(|line| !line.trim().is_empty());
    if is_json && text.trim_end().contains('\n') && lines.all(|line| line.starts_with('{') && line.ends_with('}')) {
        return guess(FileKind::JsonLines, "a table of JSON lines");
    }
    let mut problems = Problems::new(SourceText::new("", text));
    let root = crate::yaml::load(&mut problems).filter(|_| problems.is_empty())?;
    let json = || {
        if is_json {
            guess(FileKind::Json, "a table in JSON")
        } else {
            None
        }
    };
    match &root.value {
        Value::Map(entries) => by_keys(entries).or_else(json),
        Value::List(_) => json(),
        _ => None,
    }
}

#[cfg(feature = "yaml")]
fn by_keys(entries: &[crate::tree::Entry<'_>]) -> Option<Guess> {
    use crate::tree::{Entry, Node, Value};

    const POLICY: [&str; 7] = [
        "tag",
        "host",
        "include",
        "namespace",
        "sequence",
        "constraint",
        "defaults",
    ];
    let has = |key: &str| entries.iter().any(|entry| entry.key.text == key);
    let below = |entry: &Entry<'_>, keys: &[&str]| match &entry.value.value {
        Value::Map(fields) => keys.iter().any(|key| fields.iter().any(|field| field.key.text == *key)),
        _ => false,
    };
    let nodes = |node: &Node<'_>| matches!(node.value, Value::Scalar(_) | Value::List(_));
    let groups = |entry: &Entry<'_>| match &entry.value.value {
        Value::Map(groups) => groups.iter().all(|group| nodes(&group.value)),
        value => matches!(value, Value::Scalar(_)),
    };
    // From what is found nowhere else to what fits nearly everything.
    if has("_meta") {
        return guess(FileKind::AnsibleList, "what `ansible-inventory --list` prints");
    }
    if has("plugin") {
        return guess(FileKind::Ansible, "a configuration of an inventory plugin of Ansible");
    }
    if has("terraform_version") || entries.iter().all(|entry| below(entry, &["sensitive"])) {
        return guess(FileKind::Terraform, "an output of Terraform");
    }
    if has("apps") || has("envs") {
        return guess(FileKind::Pogo4, "a file of Pogo 4.0");
    }
    if has("sources") || has("resolvers") {
        return guess(FileKind::Sources, "a file of sources");
    }
    if entries.iter().all(|entry| POLICY.contains(&&*entry.key.text)) {
        return guess(FileKind::Policy, "a policy file");
    }
    if entries.iter().any(|entry| below(entry, &["hosts", "children", "vars"])) {
        return guess(FileKind::Ansible, "an Ansible inventory");
    }
    let is_tool = entries.iter().all(groups) && !entries.iter().any(|entry| below(entry, &["tags", "address"]));
    is_tool.then_some(Guess {
        kind: FileKind::ClusterShell,
        what: "a group file of ClusterShell",
    })
}
