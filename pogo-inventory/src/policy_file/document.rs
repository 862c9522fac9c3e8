//! The whole file: its sections.

use std::path::Path;

use pogo_core::inventory::InventoryError;
use pogo_core::policy::Policy;

use super::include::Includes;
use super::namespace::Namespaces;
use super::{constraint, defaults, host, include, namespace, sequence, setting, tag};
use crate::roster::Roster;
use crate::source::{Problems, SourceText, Span};
use crate::tree::{Entry, Node, Value, expect, keys};
use crate::yaml;

const KEYS: [&str; 8] = [
    "include",
    "tag",
    "host",
    "sequence",
    "constraint",
    "defaults",
    "retire_after",
    "namespace",
];

/// The content read so far.
#[derive(Default)]
pub(super) struct ReadContent {
    pub(super) roster: Roster,
    pub(super) policy: Policy,
    pub(super) namespaces: Namespaces,
}

/// Reads a file and those that it includes. An unreadable file is an error; problems inside are collected.
pub(super) fn read_file(path: &Path, reading: &mut ReadContent, includes: &mut Includes) -> Result<(), InventoryError> {
    let text = includes.open(path)?;
    let mut problems = Problems::new(SourceText::new(path.display().to_string(), &text));
    read(&mut problems, reading, Some(includes));
    // After the files that it includes: their problems come first, and are often the cause of
    // these.
    includes.close(path, &text, problems);
    Ok(())
}

/// Reads the valid part of a text; `problems` lists the rest.
/// Without `includes`, including files is refused.
pub(super) fn read(problems: &mut Problems<'_>, reading: &mut ReadContent, includes: Option<&mut Includes>) {
    let root = yaml::load(problems);
    match root.as_ref().map(|root| &root.value) {
        Some(Value::Map(entries)) => sections(problems, entries, reading, includes),
        None if !problems.is_empty() => {}
        None | Some(Value::Null) => empty(problems),
        Some(_) => {
            let example = "tag: { frontend: [\"web[1-9]\"] }";
            if let Some(root) = &root {
                expect::expected(problems, root, "the sections of a policy file", example);
            }
        }
    }
}

/// Reads the sections in the order of their dependencies, not that of the file.
fn sections(
    problems: &mut Problems<'_>,
    entries: &[Entry<'_>],
    reading: &mut ReadContent,
    mut includes: Option<&mut Includes>,
) {
    check_keys(problems, entries, reading.namespaces.inside);
    let section = |name: &str| -> Option<&Node<'_>> {
        let entry = entries.iter().find(|entry| entry.key.text == name)?;
        Some(&entry.value)
    };
    // First, so that this file can add to what the others define, and override their defaults.
    if let Some(node) = section("include") {
        include_files(problems, node, reading, includes.as_deref_mut());
    }
    // Before sequences and constraints: whether a word is a tag that was written like a host is
    // known only then.
    if let Some(node) = section("tag") {
        tag::read(problems, node, &mut reading.roster);
    }
    if let Some(node) = section("host") {
        host::read(problems, node, &mut reading.roster);
    }
    if let Some(node) = section("sequence") {
        let sequences = sequence::read(problems, &reading.roster, node);
        reading.policy.sequences.extend(sequences);
    }
    if let Some(node) = section("constraint") {
        let constraints = constraint::read(problems, &reading.roster, node);
        reading.policy.constraints.extend(constraints);
    }
    if let Some(node) = section("defaults") {
        defaults::read(problems, node, &mut reading.policy.defaults);
    }
    if let Some(node) = section("retire_after") {
        reading.policy.retire_after = setting::duration(problems, node, "retire_after").or(reading.policy.retire_after);
    }
    // Last, so that a namespace overrides the rest.
    if let Some(node) = section("namespace") {
        let chosen = namespace::chosen(problems, node, &mut reading.namespaces);
        if let Some(entries) = chosen {
            reading.namespaces.inside = true;
            sections(problems, entries, reading, includes);
            reading.namespaces.inside = false;
        }
    }
}

fn check_keys(problems: &mut Problems<'_>, entries: &[Entry<'_>], in_namespace: bool) {
    for Entry { key, .. } in entries {
        if matches!(&*key.text, "apps" | "envs") {
            let message = format!("`{}` belongs to the files of Pogo 4.0", key.text);
            problems.report_with(
                key.span,
                message,
                "read the file as one of these, or name the groups under `tag:`",
            );
        } else if key.text == "namespace" && in_namespace {
            problems.report(key.span, "namespaces have no namespaces of their own");
        } else if !KEYS.contains(&&*key.text) {
            keys::unknown(problems, key, "the file", &KEYS);
        }
    }
}

fn include_files(
    problems: &mut Problems<'_>,
    node: &Node<'_>,
    reading: &mut ReadContent,
    includes: Option<&mut Includes>,
) {
    let Some(nodes) = include::names(problems, node) else {
        return;
    };
    let Some(includes) = includes else {
        let hint = "read it from a file, to whose folder the included files are relative";
        return problems.report_with(node.span, "a text without a file cannot include files", hint);
    };
    for node in nodes {
        let path = include::name(problems, node).and_then(|name| includes.path(problems, node.span, name));
        let Some(path) = path else { continue };
        if let Err(error) = read_file(&path, reading, includes) {
            includes.failed(problems, node.span, &path, &error);
        }
    }
}

/// Refuses an empty file: a truncated file must not become a policy without limits.
fn empty(problems: &mut Problems<'_>) {
    problems.report_with(
        Span::START,
        "the file says nothing",
        "name hosts under `tag:`, or write `{}` for a policy without any rule",
    );
}
