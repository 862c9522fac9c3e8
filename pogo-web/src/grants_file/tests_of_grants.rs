//! Tests of grants, as they are written beside them.

use pogo_core::fleet::Fleet;
use pogo_inventory::{SettingEntry, SettingItem, SettingPosition, SettingsReader};

use crate::{AccessQuestion, Decision, Grants, Uncovered, Verb};

const KEYS: &[&str] = &["as", "groups", "may", "may not", "on", "in", "recipe"];
const EXAMPLE: &str = "{as: alice, may: run, on: $db}";

/// A test of grants: who may do something, or may not.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct GrantTest {
    /// What is asked. A test that something is not allowed, and names no hosts, asks of any hosts.
    pub question: AccessQuestion,
    /// Whether it is to be allowed.
    pub allowed: bool,
    pub(super) position: SettingPosition,
}

impl GrantTest {
    /// What is wrong, and what helps where that is known.
    pub(super) fn problem(&self, grants: &Grants, fleet: Option<&Fleet>) -> Option<(String, Option<&'static str>)> {
        let AccessQuestion {
            name,
            verb,
            namespace,
            on,
            ..
        } = &self.question;
        let hosts = on.as_ref().map(|on| format!(" on `{on}`")).unwrap_or_default();
        let asked = format!("{verb}{hosts} in `{namespace}`");
        if !self.allowed && on.is_none() {
            let any = grants.allow(&self.question.identity(), *verb, Some(namespace)) && self.question.recipe.is_none();
            let message = format!("`{name}` may {asked}, on some hosts or by some recipe at least");
            if any {
                return Some((message, None));
            }
        }
        let fleet_helps = Some("run the tests where the hosts are known: `pogo grants check -i SOURCE`");
        match (grants.decide(&self.question, fleet), self.allowed) {
            (Decision::Allowed { .. }, true) | (Decision::NoGrant | Decision::NotOnHosts(_), false) => None,
            (Decision::Allowed { by }, false) => {
                let by: Vec<String> = by.iter().map(ToString::to_string).collect();
                Some((format!("`{name}` may {asked}, by {}", by.join(", ")), None))
            }
            (Decision::NoGrant, true) => Some((format!("`{name}` has no grant to {asked}"), None)),
            (Decision::NotOnHosts(Uncovered { hosts, of }), true) => Some((
                format!("`{name}` has no grant to {asked} on {hosts} of these {of} hosts"),
                None,
            )),
            (Decision::NeedsFleet, _) => Some((
                format!("whether `{name}` may {asked} depends on the hosts"),
                fleet_helps,
            )),
            (Decision::UnknownHosts(error), _) => Some((error.to_string(), None)),
            (Decision::UnknownRecipe, _) => Some(("there is no such recipe".to_owned(), None)),
        }
    }
}

/// `tests`: one after the other.
pub(super) fn tests(reader: &mut SettingsReader<'_>, section: &SettingEntry, grants: &Grants) -> Vec<GrantTest> {
    let mut tests = Vec::new();
    for item in reader.list(&section.value, "a list of tests", EXAMPLE) {
        tests.extend(test(reader, item, grants));
    }
    tests
}

fn test(reader: &mut SettingsReader<'_>, item: &SettingItem, grants: &Grants) -> Option<GrantTest> {
    let written = reader.map(item, "a test", EXAMPLE);
    let (mut name, mut verb, mut question) = (None, None, AccessQuestion::new("", Verb::View));
    for setting in reader.keys(written, "a test", KEYS) {
        let value = &setting.value;
        match setting.key.as_str() {
            "as" => name = reader.text(value, "a name", "alice").map(str::to_owned),
            "may" | "may not" if verb.is_some() => {
                reader.problem(
                    setting.position,
                    "a test has one of `may` and `may not`",
                    "make two tests of it",
                );
            }
            "may" | "may not" => {
                let asked: Option<Verb> = reader.value(value, "what is asked", "run");
                verb = asked.map(|asked| (asked, setting.key == "may"));
            }
            "groups" => {
                let groups: Vec<String> = reader.values(value, "names of groups", "[dba]");
                question = question.in_groups(groups);
            }
            "on" => question.on = reader.value(value, "a selector", "$db"),
            "in" => question.namespace = reader.text(value, "a namespace", "default")?.to_owned(),
            _ => question.recipe = recipe(reader, value, grants),
        }
    }
    if written.is_empty() {
        return None;
    }
    if !written.iter().any(|setting| setting.key == "as") {
        reader.problem(
            item.position,
            "the test does not say who",
            &format!("for example `{EXAMPLE}`"),
        );
    }
    if !written.iter().any(|setting| setting.key.starts_with("may")) {
        reader.problem(
            item.position,
            "the test does not say what",
            &format!("for example `{EXAMPLE}`"),
        );
    }
    let (verb, allowed) = verb?;
    question.name = name?.into();
    question.verb = verb;
    Some(GrantTest {
        question,
        allowed,
        position: item.position,
    })
}

fn recipe(reader: &mut SettingsReader<'_>, value: &SettingItem, grants: &Grants) -> Option<std::sync::Arc<str>> {
    let name = reader.text(value, "the name of a recipe", "restart-db")?;
    if !grants.recipes().any(|recipe| *recipe.name == *name) {
        let message = format!("there is no recipe `{}`", name.escape_debug());
        reader.problem(value.position, message, "write it under `recipes`");
    }
    Some(name.into())
}
