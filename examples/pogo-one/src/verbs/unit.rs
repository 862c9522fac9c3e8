//! `pogo serve unit`: a dispatcher as a service of systemd.

use crate::cli::ServeUnitArgs;
use crate::exit::{CliError, Exit};
use crate::report;
use crate::service::{Place, PlaceStore, own_program};

pub(crate) fn unit(args: &ServeUnitArgs) -> Result<Exit, CliError> {
    let program = own_program().map_err(CliError::broken)?;
    let mut words = vec![program.into_os_string(), "serve".into()];
    let is_remote = match &args.config {
        // It says which store and namespace.
        Some(path) => {
            let path = std::path::absolute(path).map_err(CliError::usage)?;
            words.extend(["--config".into(), path.into_os_string()]);
            false
        }
        None => {
            let place = Place::kept(&args.place)?;
            if let PlaceStore::Dir(path) = place.store() {
                words.extend(["--store".into(), path.into()]);
            }
            words.extend(["--namespace".into(), place.namespace().as_str().into()]);
            matches!(place.store(), PlaceStore::At(_))
        }
    };
    let words = words.iter().map(|word| match word.to_str() {
        Some(word) => Ok(quoted(word)),
        None => Err(CliError::usage(format!(
            "{} is not UTF-8, which units are",
            word.display()
        ))),
    });
    let command = words.collect::<Result<Vec<_>, _>>()?.join(" ");
    let account = match &args.account {
        Some(name) if name.chars().any(|sign| sign.is_control() || sign.is_whitespace()) => {
            return Err(CliError::usage(format!("{name:?} is no name of an account")));
        }
        account => account.as_deref(),
    };
    report::print(&text(&command, account, is_remote))?;
    Ok(Exit::Succeeded)
}

/// The unit. A dispatcher that is ended lets what runs end first, for a minute; what still runs then goes on with the
/// next.
fn text(command: &str, account: Option<&str>, is_remote: bool) -> String {
    let (file, enable, user, target) = match account {
        Some(name) => (
            "/etc/systemd/system/pogo.service",
            "systemctl enable --now pogo",
            // For the store, or what is local of one that is elsewhere, and for a socket of a group.
            format!("User={name}\nStateDirectory=pogo\nStateDirectoryMode=0700\nRuntimeDirectory=pogo\n"),
            "multi-user.target",
        ),
        None => (
            "~/.config/systemd/user/pogo.service",
            "systemctl --user enable --now pogo; `loginctl enable-linger` keeps it when you log out",
            String::new(),
            "default.target",
        ),
    };
    let environment = match (is_remote, account) {
        // A command line is for everybody to read, and the address may have a password in it.
        (true, Some(_)) => {
            "# Of mode 0600, with the line POGO_STORE=postgres://…\nEnvironmentFile=/etc/pogo/store.env\n\
             Environment=XDG_STATE_HOME=%S/pogo\n"
        }
        (true, None) => {
            "# Of mode 0600, with the line POGO_STORE=postgres://…\nEnvironmentFile=%h/.config/pogo/store.env\n"
        }
        (false, _) => "",
    };
    format!(
        "\
# {file}, then: {enable}
[Unit]
Description=pogo, which rolls commands out to hosts
Wants=network-online.target
After=network-online.target

[Service]
{user}{environment}ExecStart={command}
Restart=on-failure
RestartSec=2
# What runs is given a minute to end; hosts that still run then are asked by the next.
KillMode=mixed
TimeoutStopSec=90
UMask=0077
LimitNOFILE=524288
NoNewPrivileges=yes

[Install]
WantedBy={target}
"
    )
}

/// A word of a command line of systemd, which has variables and specifiers of its own.
fn quoted(word: &str) -> String {
    let is_plain = |sign: char| sign.is_ascii_alphanumeric() || "/._-+:@".contains(sign);
    if !word.is_empty() && word.chars().all(is_plain) {
        return word.to_owned();
    }
    let mut quoted = String::from("\"");
    for sign in word.chars() {
        match sign {
            '"' | '\\' => quoted.extend(['\\', sign]),
            '%' | '$' => quoted.extend([sign, sign]),
            '\n' => quoted.push_str("\\n"),
            sign => quoted.push(sign),
        }
    }
    quoted + "\""
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_unit_says_whose_it_is() {
        let own = text("pogo serve", None, false);
        assert!(own.contains("\n[Service]\nExecStart=pogo serve\n"), "{own}");
        assert!(own.ends_with("WantedBy=default.target\n"), "{own}");
        let of_system = text("pogo serve", Some("pogo"), false);
        assert!(of_system.contains("\nUser=pogo\nStateDirectory=pogo\n"), "{of_system}");
        assert!(of_system.contains("\nRuntimeDirectory=pogo\nExecStart="), "{of_system}");
        assert!(of_system.ends_with("WantedBy=multi-user.target\n"), "{of_system}");
        let remote = text("pogo serve", Some("pogo"), true);
        assert!(
            remote.contains("\nEnvironmentFile=/etc/pogo/store.env\nEnvironment=XDG_STATE_HOME=%S/pogo\n"),
            "{remote}"
        );
    }

    #[test]
    fn words_are_quoted_as_systemd_reads_them() {
        assert_eq!(quoted("/usr/bin/pogo"), "/usr/bin/pogo");
        assert_eq!(quoted("/srv/a b/50%/$x\"y"), "\"/srv/a b/50%%/$$x\\\"y\"");
    }
}
