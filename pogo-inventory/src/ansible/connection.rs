//! From variables to connection settings.

use pogo_core::fleet::Connection;
use pogo_core::policy::Origin;

use super::vars::{ADDRESS, CONNECTION, KEY_FILE, PORT, Setting, UNSUPPORTED, USER, Var, Vars};

/// The transport's name for a key file.
const IDENTITY: &str = "identity";

/// Something about a variable that its author should know.
pub(super) struct Remark {
    pub(super) origin: Origin,
    pub(super) message: String,
    pub(super) hint: &'static str,
}

/// The variables of a host: its own in files, its own in the inventory, and those of its groups; the first counts.
pub(super) struct Layers<'v>(pub(super) [&'v Vars; 3]);

impl<'v> Layers<'v> {
    fn get(&self, name: &str) -> Option<&'v Setting> {
        self.0.iter().find_map(|vars| vars.get(name))
    }
}

/// How the host is reached; what cannot be taken over is refused, or remarked where it does no harm.
pub(super) fn of(host: &str, vars: &Layers<'_>, refused: &mut Vec<Remark>, remarks: &mut Vec<Remark>) -> Connection {
    let mut connection = Connection::default();
    let mut text =
        |names: [&'static str; 2]| match effective(vars, names).map(|(name, setting)| plain(host, name, setting)) {
            Some(Ok(text)) => Some(text),
            Some(Err(remark)) => {
                refused.push(remark);
                None
            }
            None => None,
        };
    connection.address = text(ADDRESS).filter(|address| address != host);
    connection.user = text(USER);
    connection
        .vars
        .extend(text(KEY_FILE).map(|file| (IDENTITY.to_owned(), file)));
    let port = text(PORT);
    if let (Some(port), Some((name, setting))) = (port, effective(vars, PORT)) {
        connection.port = port.parse().ok().filter(|port| *port > 0);
        if connection.port.is_none() {
            let message = format!("`{}` in `{name}` is not a port", port.escape_debug());
            refused.push(remark(setting, message, "a port is a number from 1 to 65535"));
        }
    }
    remarks.extend(unsupported(host, vars));
    connection
}

/// Where the settings come from.
pub(super) fn origins<'v>(
    connection: &Connection,
    vars: &Layers<'v>,
) -> impl Iterator<Item = (&'static str, &'v Origin)> {
    let set = [
        ("address", ADDRESS, connection.address.is_some()),
        ("port", PORT, connection.port.is_some()),
        ("user", USER, connection.user.is_some()),
        (IDENTITY, KEY_FILE, connection.vars.contains_key(IDENTITY)),
    ];
    set.into_iter()
        .filter(|(_, _, set)| *set)
        .filter_map(|(setting, names, _)| Some((setting, &effective(vars, names)?.1.origin)))
}

fn effective<'v>(vars: &Layers<'v>, names: [&'static str; 2]) -> Option<(&'static str, &'v Setting)> {
    let set = |name: &&'static str| vars.get(name).filter(|setting| setting.value != Var::Null);
    names.iter().rev().find_map(|name| Some((*name, set(name)?)))
}

/// The variable's text, where its templates are those that need no knowledge of plays.
fn plain(host: &str, name: &str, setting: &Setting) -> Result<String, Remark> {
    let Var::Text(text) = &setting.value else {
        let message = format!("`{name}` is not a plain text");
        return Err(remark(setting, message, "write it as plain text"));
    };
    if !text.contains('{') {
        return Ok(text.clone());
    }
    let short = host.split('.').next().unwrap_or(host);
    let mut plain = String::new();
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

fn unsupported(host: &str, vars: &Layers<'_>) -> Vec<Remark> {
    let mut remarks = Vec::new();
    if vars.0.iter().all(|vars| vars.is_harmless()) {
        return remarks;
    }
    for name in UNSUPPORTED {
        if let Some(setting) = vars.get(name).filter(|setting| setting.value != Var::Null) {
            let message = format!("`{name}` is not taken over");
            remarks.push(remark(
                setting,
                message,
                "tell the transport: secrets and SSH options do not belong to a fleet",
            ));
        }
    }
    if let Some(setting) = vars.get(CONNECTION) {
        let ssh = |text: &String| matches!(text.as_str(), "ssh" | "smart" | "paramiko" | "ansible.builtin.ssh");
        if !matches!(&setting.value, Var::Text(text) if ssh(text)) {
            let message = format!("`{host}` is not reached by SSH in Ansible, but will be here");
            remarks.push(remark(
                setting,
                message,
                "leave it out of the targets, or give it an SSH server",
            ));
        }
    }
    remarks
}

fn remark(setting: &Setting, message: String, hint: &'static str) -> Remark {
    Remark {
        origin: setting.origin.clone(),
        message,
        hint,
    }
}
