//! Files of the program's defaults.

use std::io;
use std::path::{Path, PathBuf};

use pogo_inventory::SettingsFile;

use super::flags::SettingScope;
use super::layer::Layer;
use super::values;
use crate::exit::CliError;

/// The defaults of the machine.
const OF_MACHINE: &str = "/etc/pogo/config.yaml";

/// The files that are read, the user's own first.
pub(super) fn paths() -> Vec<PathBuf> {
    let named = |name: &str| {
        std::env::var_os(name)
            .filter(|value| !value.is_empty())
            .map(PathBuf::from)
    };
    // As the XDG specification has it, a relative directory does not count.
    let home = || named("HOME").map(|home| home.join(".config"));
    let base = named("XDG_CONFIG_HOME").filter(|path| path.is_absolute()).or_else(home);
    let users = base.map(|base| base.join("pogo/config.yaml"));
    users.into_iter().chain([PathBuf::from(OF_MACHINE)]).collect()
}

/// The settings of these files. Missing files are skipped.
pub(super) fn layers(paths: &[PathBuf]) -> Result<Vec<Layer>, CliError> {
    let read = paths.iter().map(|path| defaults(path));
    read.filter_map(Result::transpose).collect()
}

fn defaults(path: &Path) -> Result<Option<Layer>, CliError> {
    match std::fs::metadata(path) {
        Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => {
            return Ok(None);
        }
        _ => {}
    }
    let file = SettingsFile::read(path).map_err(CliError::usage)?;
    let folder = path.parent().unwrap_or(Path::new(""));
    values::read(&file, folder, SettingScope::Defaults).map(Some)
}

/// The settings of a job file.
pub(super) fn job(path: &Path) -> Result<Layer, CliError> {
    let file = SettingsFile::read(path).map_err(CliError::usage)?;
    let folder = path.parent().unwrap_or(Path::new(""));
    values::read(&file, folder, SettingScope::Job)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_is_not_there_says_nothing_and_the_first_comes_first() {
        let directory = tempfile::tempdir().unwrap();
        let (one, two) = (directory.path().join("one.yaml"), directory.path().join("two.yaml"));
        std::fs::write(&one, "user: joe\n").unwrap();
        std::fs::write(&two, "user: ann\npolicy: web.yaml\n").unwrap();
        let missing = directory.path().join("none.yaml");
        let below = one.join("config.yaml");
        let layers = layers(&[missing, below, one, two]).unwrap();
        let users: Vec<&str> = layers.iter().map(|layer| &*layer.settings[0].values[0]).collect();
        assert_eq!(users, ["joe", "ann"]);
        assert!(layers[1].settings[1].values[0].ends_with("/web.yaml"));
    }
}
