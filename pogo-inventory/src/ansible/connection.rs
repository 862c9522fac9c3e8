//! Connection settings from Ansible's variables.

use pogo_core::fleet::Connection;
use smol_str::{SmolStr, SmolStrBuilder};

use super::vars::{
    ADDRESS, CONNECTION, KEY_FILE, Name, PORT, Setting, USER, Var, Vars, unsupported as unsupported_names,
};
use crate::address::{wrong_address, wrong_user};
use crate::origins::SourcePosition;

/// The transport's name for a key file.
const IDENTITY: &str = "identity";

/// A remark on a variable.
pub(super) struct Remark {
    pub(super) position: SourcePosition,
    pub(super) message: String,
    pub(super) hint: &'static str,
}

/// The resolved variables of a host.
pub(super) struct Layers<'v>([Option<&'v Setting>; Name::COUNT]);

impl<'v> Layers<'v> {
    /// The first layer that has a variable counts.
    pub(super) fn new(layers: [&'v Vars; 3]) -> Self {
        // An array and no map: hosts are many, names are eighteen, and this is built for each host.
        let mut by_name = [None; Name::COUNT];
        for (name, setting) in layers.into_iter().rev().flat_map(Vars::iter) {
            if let Some(known) = by_name.get_mut(name.index()) {
                *known = Some(setting);
            }
        }
        Self(by_name)
    }

    /// The variable's value, unless it is `null`.
    fn get(&self, name: Name) -> Option<&'v Setting> {
        let setting = self.0.get(name.index()).copied().flatten();
        setting.filter(|setting| setting.value != Var::Null)
    }

    fn effective(&self, names: [Name; 2]) -> Option<(Name, &'v Setting)> {
        // Ansible reads them in this order, and the last one that is set counts.
        names.iter().rev().find_map(|name| Some((*name, self.get(*name)?)))
    }
}

/// The host's connection settings; unsupported values are refused, or only remarked on if they are harmless.
pub(super) fn of(host: &str, vars: &Layers<'_>, refused: &mut Vec<Remark>, remarks: &mut Vec<Remark>) -> Connection {
    let mut connection = Connection::default();
    let mut text = |names: [Name; 2]| {
        let (name, setting) = vars.effective(names)?;
        match plain(host, name.text(), setting) {
            Ok(text) => Some((name, setting, text)),
            Err(remark) => {
                refused.push(remark);
                None
            }
        }
    };
    let address = text(ADDRESS);
    let user = text(USER);
    let file = text(KEY_FILE).map(|(_, _, file)| (IDENTITY.to_owned(), file.into()));
    connection.vars.extend(file);
    let port = text(PORT);
    let found = [(&address, wrong_address as fn(&str) -> _), (&user, wrong_user)];
    for (found, wrong) in found {
        let Some((name, setting, text)) = found else { continue };
        if let Some((message, hint)) = wrong(text) {
            refused.push(remark(
                setting,
                format!("{message} in `{}` of `{host}`", name.text()),
                hint,
            ));
        }
    }
    let address = address.map(|(_, _, address)| address);
    // An address that is the name says nothing, and would be kept for each host.
    connection.address = address.filter(|address| address != host).map(String::from);
    connection.user = user.map(|(_, _, user)| user.into());
    if let Some((name, setting, port)) = port {
        connection.port = port.parse().ok().filter(|port| *port > 0);
        if connection.port.is_none() {
            let message = format!("`{}` in `{}` is not a port", port.escape_debug(), name.text());
            // Port 0 is one that the system chooses: nobody listens there.
            refused.push(remark(setting, message, "a port is a number from 1 to 65535"));
        }
    }
    unsupported(host, vars, remarks);
    connection
}

/// The connection settings that Ansible's variables map to.
pub(super) const SETTINGS: [&str; 4] = ["address", "port", "user", IDENTITY];

/// The position of each of the [`SETTINGS`] that the host has.
pub(super) type Positions = [Option<SourcePosition>; SETTINGS.len()];

pub(super) fn positions(connection: &Connection, vars: &Layers<'_>) -> Positions {
    [
        (ADDRESS, connection.address.is_some()),
        (PORT, connection.port.is_some()),
        (USER, connection.user.is_some()),
        (KEY_FILE, !connection.vars.is_empty()),
    ]
    .map(|(names, set)| {
        vars.effective(names)
            .filter(|_| set)
            .map(|(_, setting)| setting.position)
    })
}

/// The variable's text, with templates expanded that do not depend on a play.
fn plain(host: &str, name: &str, setting: &Setting) -> Result<SmolStr, Remark> {
    let Var::Text(text) = &setting.value else {
        let message = format!("`{name}` is not a plain text");
        return Err(remark(setting, message, "write it as plain text"));
    };
    // Nearly always: nothing is copied but what is a template.
    if !text.contains('{') {
        return Ok(text.clone());
    }
    let short = host.split('.').next().unwrap_or(host);
    let mut plain = SmolStrBuilder::new();
    let mut rest = text.as_str();
    while let Some((before, after)) = rest.split_once("{{") {
        let Some((expression, after)) = after.split_once("}}") else {
            break;
        };
        plain.push_str(before);
        match expression.trim() {
            "inventory_hostname" => plain.push_str(host),
            "inventory_hostname_short" => plain.push_str(short),
            other => {
                let message = format!(
                    "the template `{{{{ {} }}}}` in `{name}` is not supported",
                    other.escape_debug()
                );
                return Err(remark(
                    setting,
                    message,
                    "write the value, or use `{{ inventory_hostname }}`",
                ));
            }
        }
        rest = after;
    }
    plain.push_str(rest);
    let plain = plain.finish();
    // Checked on what came out: a `{{` that is never closed is still in it.
    if plain.contains("{%") || plain.contains("{{") {
        let message = format!("the template in `{name}` is not supported");
        return Err(remark(
            setting,
            message,
            "write the value, or use `{{ inventory_hostname }}`",
        ));
    }
    Ok(plain)
}

fn unsupported(host: &str, vars: &Layers<'_>, remarks: &mut Vec<Remark>) {
    for (name, setting) in unsupported_names().filter_map(|name| Some((name, vars.get(name)?))) {
        let message = format!("`{}` is not taken over", name.text());
        remarks.push(remark(
            setting,
            message,
            "tell the transport: secrets and SSH options do not belong to a fleet",
        ));
    }
    if let Some(setting) = vars.get(CONNECTION) {
        let ssh = |text: &SmolStr| matches!(text.as_str(), "ssh" | "smart" | "paramiko" | "ansible.builtin.ssh");
        if !matches!(&setting.value, Var::Text(text) if ssh(text)) {
            let message = format!("`{host}` is not reached by SSH in Ansible, but will be here");
            remarks.push(remark(
                setting,
                message,
                "leave it out of the targets, or give it an SSH server",
            ));
        }
    }
}

fn remark(setting: &Setting, message: String, hint: &'static str) -> Remark {
    Remark {
        position: setting.position,
        message,
        hint,
    }
}
