//! `constraints:` limits and orders of apps within environments.

use pogo_core::fleet::{Selector, TagPath};
use pogo_core::policy::{Constraint, Limit, Origin, Percent, Policy, Rule, Sequence, Stage};

use super::names::{Pogo4Names, map};
use crate::source::{Problems, Span};
use crate::tree::{Entry, Key, Node, Value, expect, keys};

const KEYS: [&str; 2] = ["concurrency", "sequence"];
const EXAMPLE: &str = "coast: { concurrency: [ { frontend: 25% } ], sequence: [ [ backend, frontend ] ] }";

pub(super) fn read(problems: &mut Problems<'_>, node: &Node<'_>, names: &Pogo4Names, policy: &mut Policy) {
    for Entry { key, value } in map(problems, node, "a map from environments to constraints", EXAMPLE) {
        let Some(env) = names.envs.get(&*key.text) else {
            let known: Vec<&str> = names.envs.keys().map(String::as_str).collect();
            unknown(problems, key.span, "environment", &key.text, &known);
            continue;
        };
        let mut reader = ConstraintReader {
            problems: &mut *problems,
            names,
            env,
            policy: &mut *policy,
        };
        reader.environment(value);
    }
}

fn unknown(problems: &mut Problems<'_>, span: Span, what: &str, name: &str, known: &[&str]) {
    let message = format!("there is no {what} `{}`", name.escape_debug());
    let hint = match keys::nearest(name, known) {
        Some(meant) => format!("did you mean `{meant}`?"),
        None => format!("known here: {}", known.join(", ")),
    };
    problems.report_with(span, message, hint);
}

struct ConstraintReader<'r, 'a> {
    problems: &'r mut Problems<'a>,
    names: &'r Pogo4Names,
    env: &'r TagPath,
    policy: &'r mut Policy,
}

impl ConstraintReader<'_, '_> {
    fn environment(&mut self, node: &Node<'_>) {
        for Entry { key, value } in map(self.problems, node, "`concurrency` and `sequence`", EXAMPLE) {
            match &*key.text {
                "concurrency" => self.concurrency(value),
                "sequence" => self.sequences(key, value),
                _ => keys::unknown(self.problems, key, "the constraints of an environment", &KEYS),
            }
        }
    }

    /// A map from apps to limits, or a list of such maps.
    fn concurrency(&mut self, node: &Node<'_>) {
        if let Value::List(items) = &node.value {
            return items.iter().for_each(|item| self.concurrency(item));
        }
        for Entry { key, value } in map(self.problems, node, "a map from apps to limits", "{ frontend: 25% }") {
            let limit = expect::limit(self.problems, value, &key.text);
            let app = self.app(key.span, &key.text);
            if let (Some(limit), Some(app)) = (limit, app) {
                let origin = self.problems.source.origin(key.span);
                let constraint = Constraint::new(Selector::Tag(app), Rule::MaxParallel(limit));
                let constraint = constraint.within(Selector::Tag(self.env.clone())).at(origin);
                self.policy.constraints.push(constraint);
            }
        }
    }

    fn app(&mut self, span: Span, name: &str) -> Option<TagPath> {
        let app = self.names.apps.get(name).cloned();
        if app.is_none() {
            let known: Vec<&str> = self.names.apps.keys().map(String::as_str).collect();
            unknown(self.problems, span, "app", name, &known);
        }
        app
    }

    /// A list of apps, or a list of such lists.
    fn sequences(&mut self, key: &Key<'_>, node: &Node<'_>) {
        let example = "sequence: [ [ backend, frontend ] ]";
        let Value::List(items) = &node.value else {
            return expect::expected(self.problems, node, "a list of apps", example);
        };
        let lists = items.iter().filter(|item| matches!(item.value, Value::List(_))).count();
        if lists == 0 {
            let origin = self.problems.source.origin(key.span);
            return self.sequence(self.env.to_string(), origin, items);
        }
        for (position, item) in items.iter().enumerate() {
            let Value::List(apps) = &item.value else {
                expect::expected(self.problems, item, "a list of apps", example);
                continue;
            };
            // With several the position tells them apart in what a job says.
            let name = match lists {
                1 => self.env.to_string(),
                _ => format!("{} {}", self.env, position + 1),
            };
            let origin = self.problems.source.origin(item.span);
            self.sequence(name, origin, apps);
        }
    }

    fn sequence(&mut self, name: String, origin: Origin, apps: &[Node<'_>]) {
        let mut stages = Vec::with_capacity(apps.len());
        for node in apps {
            let Some(name) = node.scalar() else {
                expect::expected(self.problems, node, "an app", "[ backend, frontend ]");
                continue;
            };
            let app = self.app(node.span, name);
            let origin = self.problems.source.origin(node.span);
            stages.extend(app.map(|app| Stage::new(Selector::Tag(app)).at(origin)));
        }
        if stages.is_empty() {
            return;
        }
        // Pogo 4.0 began the next app of a sequence whatever had failed before.
        let everything = Percent::from_hundredths(10_000).map(Limit::Percent);
        let mut sequence = Sequence::new(name, []).each(self.env.clone());
        sequence.stages = stages;
        sequence.allow_failures = everything.unwrap_or_default();
        sequence.origin = Some(origin);
        self.policy.sequences.push(sequence);
    }
}
