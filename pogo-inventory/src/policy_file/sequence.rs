//! `sequence:` the order of groups.

use pogo_core::fleet::{Selector, TagPath};
use pogo_core::policy::{Limit, Origin, Sequence, Stage};

use super::selector;
use crate::roster::Roster;
use crate::source::{Problems, Span};
use crate::tree::{Entry, Node, Value, expect, keys};

const KEYS: [&str; 4] = ["stages", "scope", "each", "allow_failures"];
const EXAMPLE: &str = "sequence: [$backend, $frontend]";

/// Settings for the stages that follow.
#[derive(Clone)]
struct StageSettings {
    name: String,
    scope: Option<Selector>,
    each: Option<TagPath>,
    allow_failures: Limit,
    origin: Origin,
}

pub(super) fn read(problems: &mut Problems<'_>, roster: &Roster, node: &Node<'_>) -> Vec<Sequence> {
    let settings = StageSettings {
        name: "sequence".to_owned(),
        scope: None,
        each: None,
        allow_failures: Limit::default(),
        origin: problems.source.origin(node.span),
    };
    let mut reader = SequenceReader {
        problems,
        roster,
        sequences: Vec::new(),
    };
    match &node.value {
        Value::Null => {}
        Value::List(items) if items.is_empty() => {}
        // By its keys: a scope may have any name but those of the settings.
        Value::Map(entries) if !is_long_form(entries) => reader.named(&settings, entries),
        _ => reader.value(&settings, node),
    }
    reader.sequences
}

fn is_long_form(entries: &[Entry<'_>]) -> bool {
    entries.iter().any(|entry| KEYS.contains(&&*entry.key.text))
}

struct SequenceReader<'r, 'a> {
    problems: &'r mut Problems<'a>,
    roster: &'r Roster,
    sequences: Vec<Sequence>,
}

impl SequenceReader<'_, '_> {
    /// A map from names or scopes to sequences.
    fn named(&mut self, outer: &StageSettings, entries: &[Entry<'_>]) {
        for entry in entries {
            let key = &entry.key;
            let mut settings = outer.clone();
            settings.name = key.text.clone().into_owned();
            settings.origin = self.problems.source.origin(key.span);
            if selector::looks_like_one(&key.text) {
                settings.scope = selector::parse(self.problems, self.roster, key.span, &key.text);
            }
            self.value(&settings, &entry.value);
        }
    }

    /// One sequence, or a list of them.
    fn value(&mut self, settings: &StageSettings, node: &Node<'_>) {
        match &node.value {
            Value::List(items) if items.is_empty() => {
                self.problems.report_with(
                    node.span,
                    "this sequence has no stages",
                    "name its groups, or remove it",
                );
            }
            Value::List(items) => self.list(settings, items),
            Value::Map(entries) => self.long_form(settings, node.span, entries),
            _ => expect::expected(self.problems, node, "a list of groups", EXAMPLE),
        }
    }

    fn list(&mut self, settings: &StageSettings, items: &[Node<'_>]) {
        let is_sequence = |item: &Node<'_>| matches!(item.value, Value::List(_) | Value::Map(_));
        let sequences = items.iter().filter(|item| is_sequence(item)).count();
        if sequences == 0 {
            return self.stages(settings, items);
        }
        // Whoever mixes them means groups that go at the same time, or stages: a guess would be
        // wrong for one of them.
        let odd = |item: &&Node<'_>| is_sequence(item) != is_sequence(&items[0]);
        if let Some(odd) = items.iter().find(odd) {
            self.problems.report_with(
                odd.span,
                "a list holds either groups or sequences, not both",
                "one sequence: [$a, $b]; several: [[$a, $b], [$c, $d]]; for groups that go together: \"$a|$b\"",
            );
            return;
        }
        for (position, item) in items.iter().enumerate() {
            let mut inner = settings.clone();
            inner.origin = self.problems.source.origin(item.span);
            if items.len() > 1 {
                inner.name = format!("{} {}", settings.name, position + 1);
            }
            self.value(&inner, item);
        }
    }

    fn stages(&mut self, settings: &StageSettings, items: &[Node<'_>]) {
        let mut stages = Vec::with_capacity(items.len());
        for item in items {
            if let Some(selector) = selector::read(self.problems, self.roster, item, EXAMPLE) {
                stages.push(Stage::new(selector).at(self.problems.source.origin(item.span)));
            }
        }
        let settings = settings.clone();
        let mut sequence = Sequence::new(settings.name, []).at(settings.origin);
        sequence.scope = settings.scope;
        sequence.each = settings.each;
        sequence.stages = stages;
        sequence.allow_failures = settings.allow_failures;
        self.sequences.push(sequence);
    }

    fn long_form(&mut self, outer: &StageSettings, span: Span, entries: &[Entry<'_>]) {
        let mut settings = outer.clone();
        let mut stages = None;
        for Entry { key, value: node } in entries {
            match &*key.text {
                "stages" => stages = Some(node),
                "scope" if settings.scope.is_some() => {
                    let hint = "keep one of them; `&` intersects groups";
                    self.problems
                        .report_with(key.span, "this sequence has a scope already", hint);
                }
                "scope" => settings.scope = selector::read(self.problems, self.roster, node, "scope: $frontend"),
                "each" => settings.each = selector::tag(self.problems, node, "each"),
                "allow_failures" => {
                    settings.allow_failures = expect::limit(self.problems, node, "allow_failures").unwrap_or_default();
                }
                _ => keys::unknown(self.problems, key, "a sequence", &KEYS),
            }
        }
        match stages {
            Some(node) if matches!(node.value, Value::List(_)) => self.value(&settings, node),
            Some(node) => expect::expected(self.problems, node, "a list of groups", "stages: [$backend, $frontend]"),
            None => self.problems.report_with(
                span,
                "this sequence has no `stages`",
                "for example `stages: [$backend, $frontend]`",
            ),
        }
    }
}
