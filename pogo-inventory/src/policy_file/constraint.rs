//! `constraint:` how many of a group may run, be unavailable, or fail.

use pogo_core::fleet::Selector;
use pogo_core::policy::{Constraint, Limit, Origin, Rule};

use super::selector;
use crate::roster::Roster;
use crate::source::Problems;
use crate::tree::{Entry, Node, Value, expect, keys};

type MakeRule = fn(Limit) -> Rule;

const RULES: [(&str, MakeRule); 5] = [
    ("max_parallel", Rule::MaxParallel),
    ("max_parallel_total", Rule::MaxParallelTotal),
    ("min_available", Rule::MinAvailable),
    ("max_running", Rule::MaxRunning),
    ("max_failures", Rule::MaxFailures),
];

pub(super) fn read(problems: &mut Problems<'_>, roster: &Roster, node: &Node<'_>) -> Vec<Constraint> {
    let mut reader = ConstraintReader {
        problems,
        roster,
        group: Vec::new(),
        constraints: Vec::new(),
    };
    match &node.value {
        Value::Null => {}
        Value::Map(entries) => reader.groups(entries),
        _ => expect::expected(
            reader.problems,
            node,
            "a map from groups to limits",
            "constraint: { $frontend: { max_parallel: 25% } }",
        ),
    }
    reader.constraints
}

struct ConstraintReader<'r, 'a> {
    problems: &'r mut Problems<'a>,
    roster: &'r Roster,
    /// The path of enclosing groups.
    group: Vec<Selector>,
    constraints: Vec<Constraint>,
}

impl ConstraintReader<'_, '_> {
    fn groups(&mut self, entries: &[Entry<'_>]) {
        for entry in entries {
            if rule(&entry.key.text).is_some() {
                let message = format!("`{}` stands outside of any group", entry.key.text);
                let hint = "put it under the group it limits: `$frontend: { max_parallel: 25% }`";
                self.problems.report_with(entry.key.span, message, hint);
            } else {
                self.group(entry);
            }
        }
    }

    fn group(&mut self, entry: &Entry<'_>) {
        let key = &entry.key;
        let selector = selector::parse(self.problems, self.roster, key.span, &key.text);
        let known = selector.is_some();
        let before = self.group.len();
        self.group.extend(selector);
        let origin = self.problems.source.origin(key.span);
        match &entry.value.value {
            Value::Map(entries) if !entries.is_empty() => self.rules(&origin, entries, known),
            Value::Null | Value::Map(_) => {
                let message = format!("no limit is given for `{}`", key.text.escape_debug());
                self.problems.report_with(
                    key.span,
                    message,
                    "for example `{ max_parallel: 25% }`; or remove the group",
                );
            }
            _ => {
                let example = format!("{}: {{ max_parallel: 25% }}", key.text);
                expect::expected(self.problems, &entry.value, "a map of limits", &example);
            }
        }
        // Also where the selector was refused, and nothing was added.
        self.group.truncate(before);
    }

    fn rules(&mut self, origin: &Origin, entries: &[Entry<'_>], known: bool) {
        for entry in entries {
            let Some((name, make)) = rule(&entry.key.text) else {
                self.nested(entry);
                continue;
            };
            let limit = expect::limit(self.problems, &entry.value, name);
            let mut groups = self.group.iter().cloned();
            // Without the group that could not be read, the limit would hold for all hosts of the
            // outer ones.
            if let (Some(limit), true, Some(outermost)) = (limit, known, groups.next()) {
                let constraint = groups.fold(Constraint::new(outermost, make(limit)), Constraint::within);
                self.constraints.push(constraint.at(origin.clone()));
            }
        }
    }

    /// An unknown word is a group if it looks like one or contains limits.
    fn nested(&mut self, entry: &Entry<'_>) {
        let holds_limits = matches!(entry.value.value, Value::Map(_));
        if selector::looks_like_one(&entry.key.text) || holds_limits {
            self.group(entry);
        } else {
            keys::unknown(self.problems, &entry.key, "a constraint", &RULES.map(|(name, _)| name));
        }
    }
}

fn rule(key: &str) -> Option<(&'static str, MakeRule)> {
    RULES.into_iter().find(|(name, _)| *name == key)
}
