//! Settings from variables: `POGO_MAX_PARALLEL` is `--max-parallel`.

use super::flags::{Flags, SettingScope, is_switch, key};
use super::layer::{Layer, SettingOrigin};
use super::values::{applied, check};
use crate::exit::CliError;

const PREFIX: &str = "POGO_";

/// Variables that pogo sets for commands on hosts. Ignored, as pogo may run there too.
const OF_HOSTS: &[&str] = &["HOST", "JOB", "ATTEMPT", "PHASE", "FILES"];

/// Variables of scripts that install the program. Ignored.
const OF_OTHERS: &[&str] = &["VERSION", "HELP"];

/// Variables for whoever asks a server: where, and by what it is trusted. Ignored here.
const OF_SERVERS: &[&str] = &["SOCKET", "TOKEN", "TOKEN_FILE", "SERVER_CA"];

/// The settings of the environment.
pub(super) fn layer() -> Result<Layer, CliError> {
    let mut variables: Vec<(String, String)> = std::env::vars_os()
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value.to_string_lossy().into_owned())))
        .filter(|(name, _)| name.starts_with(PREFIX))
        .collect();
    variables.sort();
    read(&variables).map_err(CliError::usage)
}

fn read(variables: &[(String, String)]) -> Result<Layer, String> {
    let flags = Flags::new();
    let mut layer = Layer::default();
    for (name, value) in variables {
        let short = name.trim_start_matches(PREFIX);
        let is_other = [OF_HOSTS, OF_OTHERS, OF_SERVERS]
            .iter()
            .any(|names| names.contains(&short));
        if is_other || value.is_empty() {
            continue;
        }
        let wanted = short.to_lowercase();
        let Some(arg) = flags.of(&wanted, SettingScope::Defaults) else {
            refuse(&flags, name, &wanted)?;
            continue;
        };
        let value = match (is_switch(arg), value.as_str()) {
            (true, "1" | "true" | "yes") => "true",
            (true, "0" | "false" | "no") => "false",
            (true, _) => return Err(format!("the variable {name} is `{value}`; give it 1 or 0")),
            (false, value) => value,
        };
        check(arg, value).map_err(|problem| format!("the variable {name}: {problem}"))?;
        layer.settings.push(applied(
            arg,
            vec![value.to_owned()],
            SettingOrigin::Variable(name.clone()),
        ));
    }
    Ok(layer)
}

/// Refuses a variable that looks like a misspelt setting. Other programs may use the prefix too.
fn refuse(flags: &Flags, name: &str, wanted: &str) -> Result<(), String> {
    if Flags::elsewhere(wanted, SettingScope::Defaults).is_some() {
        return Err(format!(
            "the variable {name} is set, and `{wanted}` is no default of the program; unset it"
        ));
    }
    let near = flags.all(SettingScope::Defaults).map(key).find(|key| {
        let distance = strsim::damerau_levenshtein(key, wanted);
        distance <= 2 && key.len() > 4
    });
    match near {
        Some(near) => Err(format!(
            "the variable {name} is no setting; did you mean {PREFIX}{}?",
            near.to_uppercase()
        )),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(name: &str, value: &str) -> Result<Layer, String> {
        read(&[(name.to_owned(), value.to_owned())])
    }

    #[test]
    fn variables_are_flags_and_slips_are_named() {
        let layer = of("POGO_MAX_PARALLEL", "5").unwrap();
        assert_eq!(layer.settings[0].typed, ["--max-parallel=5"]);
        assert_eq!(of("POGO_NO_AGENT", "1").unwrap().settings[0].typed, ["--no-agent"]);
        assert!(of("POGO_NO_AGENT", "0").unwrap().settings[0].typed.is_empty());
        assert!(of("POGO_NO_AGENT", "maybe").unwrap_err().contains("1 or 0"));
        assert!(
            of("POGO_MAX_PARALEL", "5")
                .unwrap_err()
                .contains("did you mean POGO_MAX_PARALLEL")
        );
        assert!(
            of("POGO_MAX_PARALLEL", "many")
                .unwrap_err()
                .contains("POGO_MAX_PARALLEL: `many`")
        );
        assert!(of("POGO_TARGETS", "*").unwrap_err().contains("no default"));
        for other in ["POGO_HOST", "POGO_JOB", "POGO_SOMETHING_ELSE", "POGO_USER"] {
            assert_eq!(of(other, "").unwrap().settings.len(), 0, "{other}");
        }
        assert_eq!(of("POGO_HOST", "web1").unwrap().settings.len(), 0);
    }
}
