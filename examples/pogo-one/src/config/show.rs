//! `pogo config`: each setting of the program, and where it comes from.

use std::fmt::Write;

use serde::Serialize;

use super::flags::{Flags, SettingScope, is_list, is_switch, key};
use super::layer::Layer;
use super::{environment, files};
use crate::cli::{ConfigArgs, PlanFormat};
use crate::exit::{CliError, Exit};
use crate::report;

#[derive(Serialize)]
struct SettingRow {
    key: String,
    value: Option<serde_json::Value>,
    origin: String,
}

/// Shows the defaults of the program.
pub(crate) fn config(args: &ConfigArgs) -> Result<Exit, CliError> {
    let paths = files::paths();
    let mut layers = vec![environment::layer()?];
    layers.extend(files::layers(&paths)?);
    let shown = settings(&layers);
    if args.format == PlanFormat::Json {
        report::print_json(&shown)?;
        return Ok(Exit::Succeeded);
    }
    let width = shown.iter().map(|shown| shown.key.len()).max().unwrap_or(0);
    let values: Vec<String> = shown.iter().map(|shown| text(shown.value.as_ref())).collect();
    let room = values
        .iter()
        .map(|value| value.chars().count())
        .max()
        .unwrap_or(0)
        .min(40);
    let mut text = String::new();
    for (shown, value) in shown.iter().zip(&values) {
        // Writing to a text cannot fail.
        let _ = writeln!(text, "{:width$}  {value:room$}  {}", shown.key, shown.origin);
    }
    let read: Vec<String> = paths.iter().map(|path| path.display().to_string()).collect();
    let _ = writeln!(
        text,
        "\nflags come first, then --job-file, variables (POGO_USER is --user), {}",
        read.join(", ")
    );
    report::print(&text)?;
    Ok(Exit::Succeeded)
}

fn settings(layers: &[Layer]) -> Vec<SettingRow> {
    let flags = Flags::new();
    let mut shown: Vec<SettingRow> = flags
        .all(SettingScope::Defaults)
        .map(|arg| {
            let id = arg.get_id().as_str();
            let set = layers
                .iter()
                .flat_map(|layer| &layer.settings)
                .find(|setting| setting.id == id);
            let default = arg.get_default_values().first().filter(|_| !is_switch(arg));
            let (value, origin) = match (set, default) {
                (Some(set), _) => {
                    let values: Vec<String> = set.values.iter().map(|value| shown_value(id, value)).collect();
                    (Some(value(&values, is_list(arg))), set.position.to_string())
                }
                (None, Some(default)) => (Some(default.to_string_lossy().into()), "default".to_owned()),
                (None, None) => (None, "not set".to_owned()),
            };
            SettingRow {
                key: key(arg),
                value,
                origin,
            }
        })
        .collect();
    shown.sort_by(|one, other| one.key.cmp(&other.key));
    shown
}

/// A value as it may be shown: the address of a store may have a password in it.
#[cfg(feature = "store")]
fn shown_value(id: &str, value: &str) -> String {
    use crate::cli::StoreAddress;

    match id == "store" && StoreAddress::is_meant_by(value) {
        true => StoreAddress::parse(value).map_or_else(|_| "an address".to_owned(), |address| address.to_string()),
        false => value.to_owned(),
    }
}

#[cfg(not(feature = "store"))]
fn shown_value(_: &str, value: &str) -> String {
    value.to_owned()
}

fn value(values: &[String], is_list: bool) -> serde_json::Value {
    match values {
        [value] if !is_list => value.as_str().into(),
        values => values.into(),
    }
}

fn text(value: Option<&serde_json::Value>) -> String {
    match value {
        None => "-".to_owned(),
        Some(serde_json::Value::String(text)) => text.clone(),
        Some(serde_json::Value::Array(values)) => {
            let values: Vec<String> = values.iter().map(|value| text(Some(value))).collect();
            values.join(", ")
        }
        Some(other) => other.to_string(),
    }
}
