//! Times in files of settings.

use std::time::Duration;

use pogo_inventory::{SettingItem, SettingsReader};

/// A time as everywhere on the command line.
pub(super) fn time(reader: &mut SettingsReader<'_>, value: &SettingItem) -> Option<Duration> {
    let text = reader.text(value, "a time", "1m")?;
    match crate::cli::duration(text) {
        Ok(time) => Some(time),
        Err(error) => {
            reader.problem(value.position, error, "for example `1m`");
            None
        }
    }
}
