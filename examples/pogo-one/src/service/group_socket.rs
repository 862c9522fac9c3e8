//! A socket for a group of accounts, as a file of settings names it.

use std::path::PathBuf;

use nix::unistd::Group;
use pogo_inventory::{SettingItem, SettingValue, SettingsReader};

use super::server_address::SHARED_SOCKET;
use super::setting_path::absolute;

/// A socket that the members of a group may open.
#[derive(Debug, Clone)]
pub(crate) struct GroupSocket {
    pub(crate) path: PathBuf,
    /// The number of the group.
    pub(crate) group: u32,
}

/// Reads whose it is, and where.
pub(super) fn socket(reader: &mut SettingsReader<'_>, value: &SettingItem) -> Option<GroupSocket> {
    let example = "socket: {group: deploy}";
    let written = reader.map(value, "a map", example);
    let (mut path, mut group) = (Some(PathBuf::from(SHARED_SOCKET)), None);
    for setting in reader.keys(written, "a socket", &["path", "group"]) {
        match setting.key.as_str() {
            "path" => path = absolute(reader, &setting.value, SHARED_SOCKET),
            _ => group = group_number(reader, &setting.value),
        }
    }
    if !written.is_empty() && !written.iter().any(|setting| setting.key == "group") {
        reader.problem(
            value.position,
            "the socket does not say whose it is",
            &format!("for example `{example}`"),
        );
    }
    if matches!(value.value, SettingValue::Nothing) {
        return None;
    }
    Some(GroupSocket {
        path: path?,
        group: group?,
    })
}

fn group_number(reader: &mut SettingsReader<'_>, value: &SettingItem) -> Option<u32> {
    let name = reader.text(value, "the name of a group", "deploy")?;
    match Group::from_name(name) {
        Ok(Some(group)) => Some(group.gid.as_raw()),
        Ok(None) => {
            let message = format!("this machine has no group `{}`", name.escape_debug());
            reader.problem(
                value.position,
                message,
                &format!("`groupadd {name}` makes it, if that is its name"),
            );
            None
        }
        Err(error) => {
            reader.problem(
                value.position,
                format!("the group cannot be looked up: {error}"),
                "try again",
            );
            None
        }
    }
}
