//! Recipes as they are written.

use pogo_core::plan::RemoteCommand;
use pogo_inventory::{SettingEntry, SettingItem, SettingValue, SettingsReader};

use crate::{Grants, Recipe};

const EXAMPLE: &str = "restart-db: {run: systemctl restart postgresql, as: root}";

/// `recipes`: the command of each, as a line for a shell or as a program and its arguments.
pub(super) fn recipes(reader: &mut SettingsReader<'_>, section: &SettingEntry, mut grants: Grants) -> Grants {
    for setting in reader.map(&section.value, "a map of recipes", EXAMPLE) {
        if grants.recipes().any(|known| *known.name == *setting.key) {
            let message = format!("there is a recipe `{}` already", setting.key.escape_debug());
            reader.problem(setting.position, message, "give each recipe a name of its own");
        } else if let Some(recipe) = recipe(reader, setting) {
            grants = grants.recipe(recipe);
        }
    }
    grants
}

fn recipe(reader: &mut SettingsReader<'_>, setting: &SettingEntry) -> Option<Recipe> {
    let SettingValue::Map(written) = &setting.value.value else {
        let command = command(reader, &setting.value)?;
        return Some(Recipe::new(setting.key.as_str(), command));
    };
    let (mut found, mut run_as) = (None, None);
    for part in reader.keys(written, "a recipe", &["run", "as"]) {
        match part.key.as_str() {
            "run" => found = command(reader, &part.value),
            _ => {
                run_as = reader
                    .text(&part.value, "the name of a user", "postgres")
                    .map(str::to_owned)
            }
        }
    }
    if !written.iter().any(|part| part.key == "run") {
        reader.problem(
            setting.position,
            "the recipe does not say what it runs",
            &format!("for example `{EXAMPLE}`"),
        );
    }
    let recipe = Recipe::new(setting.key.as_str(), found?);
    Some(match run_as {
        Some(user) => recipe.run_as(user),
        None => recipe,
    })
}

fn command(reader: &mut SettingsReader<'_>, item: &SettingItem) -> Option<RemoteCommand> {
    let expected = "a line for a shell, or a list of a program and its arguments";
    match &item.value {
        SettingValue::List(words) if !words.is_empty() => {
            let words: Vec<String> = reader.values(item, expected, "[systemctl, restart, postgresql]");
            Some(RemoteCommand::argv(words))
        }
        _ => Some(RemoteCommand::shell(reader.text(
            item,
            expected,
            "systemctl restart postgresql",
        )?)),
    }
}
