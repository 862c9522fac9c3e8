//! Paths in settings files: relative to the file's folder; `~/` is the home directory.

use std::path::Path;

/// Keys whose values are paths.
const PATHS: &[&str] = &[
    "policy",
    "sources",
    "script",
    "stdin",
    "identity",
    "known_hosts",
    "ssh_config",
    "password_file",
    "passphrase_file",
    "targets_file",
    "send",
];

/// The value of a key, where a path is one from the current directory.
pub(super) fn within(key: &str, value: &str, folder: &Path) -> String {
    match key {
        "ssh_config" if value == "none" => value.to_owned(),
        // Without a folder it is searched in `PATH`.
        "askpass" if value.contains('/') => joined(folder, value),
        "policy" => match value.strip_prefix("pogo4:") {
            Some(path) => format!("pogo4:{}", joined(folder, path)),
            None => joined(folder, value),
        },
        "inventory" => inventory(value, folder),
        key if PATHS.contains(&key) => joined(folder, value),
        _ => value.to_owned(),
    }
}

fn inventory(value: &str, folder: &Path) -> String {
    if value.contains("://") {
        return value.to_owned();
    }
    match value.split_once(':') {
        Some(("command", program)) if !program.contains('/') => value.to_owned(),
        Some((kind, path)) if !kind.contains('/') => format!("{kind}:{}", joined(folder, path)),
        _ => joined(folder, value),
    }
}

fn joined(folder: &Path, value: &str) -> String {
    if value == "-" || value.starts_with("-:") || value.is_empty() {
        return value.to_owned();
    }
    if let (Some(rest), Some(home)) = (value.strip_prefix("~/"), std::env::var_os("HOME")) {
        return Path::new(&home).join(rest).display().to_string();
    }
    folder.join(value).display().to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_relative_to_the_file_and_nothing_else_is() {
        let at = |key, value| within(key, value, Path::new("etc"));
        assert_eq!(at("policy", "web.yaml"), "etc/web.yaml");
        assert_eq!(at("policy", "pogo4:web.yaml"), "pogo4:etc/web.yaml");
        assert_eq!(at("policy", "/srv/web.yaml"), "/srv/web.yaml");
        assert_eq!(at("ssh_config", "none"), "none");
        assert_eq!(at("inventory", "hosts.ini"), "etc/hosts.ini");
        assert_eq!(at("inventory", "csv:assets"), "csv:etc/assets");
        assert_eq!(at("inventory", "https://a/b"), "https://a/b");
        assert_eq!(at("inventory", "command:list"), "command:list");
        assert_eq!(at("inventory", "-"), "-");
        assert_eq!(at("send", "tool:/opt/tool:755"), "etc/tool:/opt/tool:755");
        assert_eq!(at("send", "-:/opt/tool"), "-:/opt/tool");
        assert_eq!(at("user", "web.yaml"), "web.yaml");
    }
}
