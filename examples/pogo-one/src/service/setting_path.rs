//! Paths in files of settings.

use std::path::PathBuf;

use pogo_inventory::{SettingItem, SettingsReader};

/// The path of a setting; a relative one is a problem.
pub(super) fn absolute(reader: &mut SettingsReader<'_>, value: &SettingItem, example: &str) -> Option<PathBuf> {
    let path = PathBuf::from(reader.text(value, "a path", example)?);
    if path.is_absolute() {
        return Some(path);
    }
    reader.problem(
        value.position,
        "the path is relative, and a service starts in no directory of yours",
        &format!("for example `{example}`"),
    );
    None
}
