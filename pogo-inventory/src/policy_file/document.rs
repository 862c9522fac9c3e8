//! The whole file: its sections.

use pogo_core::fleet::FleetBuilder;
use pogo_core::policy::Policy;

use super::{constraint, defaults, sequence, tag};
use crate::roster::Roster;
use crate::source::{Problems, Span};
use crate::yaml::{self, Entry, Value, expect, keys};

const KEYS: [&str; 4] = ["tag", "sequence", "constraint", "defaults"];

/// What stands in the file, as far as it makes sense; `problems` tell whether all of it does.
pub(super) fn read(problems: &mut Problems<'_>) -> (FleetBuilder, Policy) {
    let mut roster = Roster::default();
    let mut policy = Policy::default();
    let Some(root) = yaml::load(problems) else {
        if problems.is_empty() {
            empty(problems);
        }
        return (FleetBuilder::default(), policy);
    };
    let entries = match &root.value {
        Value::Map(entries) => entries.as_slice(),
        Value::Null => {
            empty(problems);
            return (FleetBuilder::default(), policy);
        }
        _ => {
            expect::expected(
                problems,
                &root,
                "the sections of a policy file",
                "tag: { frontend: [\"web[1-9]\"] }",
            );
            return (FleetBuilder::default(), policy);
        }
    };
    refuse_unknown(problems, entries);
    if let Some(entry) = section(entries, "tag") {
        tag::read(problems, &entry.value, &mut roster);
    }
    if let Some(entry) = section(entries, "sequence") {
        policy.sequences = sequence::read(problems, &roster, &entry.value);
    }
    if let Some(entry) = section(entries, "constraint") {
        policy.constraints = constraint::read(problems, &roster, &entry.value);
    }
    if let Some(entry) = section(entries, "defaults") {
        policy.defaults = defaults::read(problems, &entry.value);
    }
    (roster.into_fleet(), policy)
}

fn section<'n, 'a>(entries: &'n [Entry<'a>], name: &str) -> Option<&'n Entry<'a>> {
    entries.iter().find(|entry| entry.key.text == name)
}

fn refuse_unknown(problems: &mut Problems<'_>, entries: &[Entry<'_>]) {
    for Entry { key, .. } in entries {
        if !KEYS.contains(&&*key.text) {
            keys::unknown(problems, key, "the file", &KEYS);
        }
    }
}

/// A file that was cut short must not turn into a policy without limits.
fn empty(problems: &mut Problems<'_>) {
    let start = Span {
        start: 0,
        end: 0,
        line: 1,
        column: 1,
    };
    problems.report_with(
        start,
        "the file says nothing",
        "name hosts under `tag:`, or write `{}` for a policy without any rule",
    );
}
