//! Groups and grants as they are written.

use std::sync::Arc;

use pogo_core::fleet::Selector;
use pogo_inventory::{SettingEntry, SettingItem, SettingsReader};

use crate::{Grant, Grants, Verb, Who};

const KEYS: &[&str] = &["who", "may", "namespaces", "targets", "recipes"];
const EXAMPLE: &str = "{who: group:dba, may: [view, run], targets: $db}";

/// `groups`: who is in which.
pub(super) fn groups(reader: &mut SettingsReader<'_>, section: &SettingEntry, mut grants: Grants) -> Grants {
    for group in reader.map(&section.value, "a map of groups", "dba: [alice, bob]") {
        if matches!(format!("group:{}", group.key).parse(), Ok(Who::Group(_))) {
            for member in reader.values::<Who>(&group.value, "names", "[alice, bob]") {
                match member {
                    Who::Name(name) => grants = grants.member(group.key.as_str(), name),
                    _ => reader.problem(
                        group.value.position,
                        "a group has names of people and services",
                        "write each name",
                    ),
                }
            }
        } else {
            reader.problem(
                group.position,
                "this cannot be the name of a group",
                "write a plain name, such as `dba`",
            );
        }
    }
    grants
}

/// `grants`: one after the other.
pub(super) fn grants(reader: &mut SettingsReader<'_>, section: &SettingEntry, mut grants: Grants) -> Grants {
    for item in reader.list(&section.value, "a list of grants", EXAMPLE) {
        if let Some(grant) = grant(reader, item, &grants) {
            grants = grants.grant(grant);
        }
    }
    grants
}

fn grant(reader: &mut SettingsReader<'_>, item: &SettingItem, grants: &Grants) -> Option<Grant> {
    let written = reader.map(item, "a grant", EXAMPLE);
    let mut grant = Grant::new([], []).at(reader.origin(item.position));
    for setting in reader.keys(written, "a grant", KEYS) {
        let value = &setting.value;
        match setting.key.as_str() {
            "who" => grant.who = reader.values(value, "names, `group:NAME` or `\"*\"`", "[alice, group:dba]"),
            "may" => {
                grant.verbs = reader
                    .values::<Verb>(value, "what they may do", "[view, run]")
                    .into_iter()
                    .collect()
            }
            "namespaces" => grant.namespaces = reader.values(value, "names of namespaces", "[default, \"prod-*\"]"),
            "targets" => grant.targets = targets(reader, value),
            "recipes" => grant.recipes = Some(recipes(reader, value, grants)),
            _ => {}
        }
    }
    // Where a value is wrong, that has been said; where a key is missing, it is said here.
    for (key, what) in [("who", "whom it is for"), ("may", "what it allows")] {
        if !written.iter().any(|setting| setting.key == key) && !written.is_empty() {
            reader.problem(
                item.position,
                format!("the grant does not say {what}"),
                &format!("add `{key}`"),
            );
        }
    }
    let of_namespace = grant.verbs.iter().find(|verb| verb.is_of_namespace());
    if let Some(verb) = of_namespace.filter(|_| grant.targets.is_some() || grant.recipes.is_some()) {
        let message = format!("`{verb}` is about a whole namespace, and this grant is limited to hosts or recipes");
        reader.problem(
            item.position,
            message,
            &format!("give `{verb}` in a grant of its own, without `targets` and `recipes`"),
        );
    }
    Some(grant)
}

fn targets(reader: &mut SettingsReader<'_>, value: &SettingItem) -> Option<Selector> {
    let selector: Option<Selector> = reader.value(value, "a selector", "$db & !$colo.east");
    if let Some((resolver, _)) = selector
        .as_ref()
        .and_then(|selector| selector.externals().first().copied())
    {
        let message = format!("`${resolver}(…)` is what somebody else answers, at any time another");
        reader.problem(value.position, message, "limit a grant by tags and names of the fleet");
    }
    // A limit that cannot be read is none that may be left out; the problem above refuses the file.
    selector.or_else(|| Some(Selector::Not(Box::new(Selector::All))))
}

fn recipes(reader: &mut SettingsReader<'_>, value: &SettingItem, grants: &Grants) -> Vec<Arc<str>> {
    let names: Vec<String> = reader.values(value, "names of recipes", "[restart-db]");
    for name in &names {
        if !grants.recipes().any(|recipe| *recipe.name == **name) {
            let known: Vec<&str> = grants.recipes().map(|recipe| recipe.name.as_ref()).collect();
            let hint = match known.is_empty() {
                true => "write it under `recipes`, with the command that it runs".to_owned(),
                false => format!("write it under `recipes`, which has {}", known.join(", ")),
            };
            reader.problem(
                value.position,
                format!("there is no recipe `{}`", name.escape_debug()),
                &hint,
            );
        }
    }
    names.into_iter().map(Arc::from).collect()
}
