//! Types recognized by their lines.

use super::file_kind::{FileKind, Guess, guess};

fn telling(text: &str) -> impl Iterator<Item = &str> {
    let lines = text.lines().map(str::trim);
    lines.filter(|line| !line.is_empty() && !line.starts_with(['#', ';']))
}

/// Types with an unambiguous syntax.
pub(super) fn of(text: &str) -> Option<Guess> {
    let first = telling(text).next()?;
    let word = first.split([' ', '\t', '=']).next()?.to_ascii_lowercase();
    let keywords = [
        "host",
        "match",
        "include",
        "hostname",
        "user",
        "port",
        "identityfile",
        "proxyjump",
    ];
    if keywords.contains(&word.as_str()) && first.len() > word.len() && !first.contains(',') {
        return guess(FileKind::SshConfig, "a configuration of OpenSSH's client");
    }
    let is_section = |line: &str| line.starts_with('[') && line.ends_with(']') && !line.contains(['{', '"', ',']);
    // A section alone is a YAML list.
    let has_more = telling(text).any(|line| !is_section(line));
    // TOML's tables and groups of Ansible look the same: what stands in them decides.
    if has_more && telling(text).any(|line| is_section(line) && line.len() > 2) {
        let is_group = |line: &str| is_section(line) && (line.ends_with(":children]") || line.ends_with(":vars]"));
        return match telling(text).filter(|line| !is_section(line)).all(is_toml) {
            true if !telling(text).any(is_group) => guess(FileKind::Toml, "a table in TOML"),
            _ => guess(FileKind::Ansible, "an Ansible inventory"),
        };
    }
    let is_variable = |word: &str| word.starts_with("ansible_") && word.contains('=');
    if telling(text).any(|line| line.split_whitespace().skip(1).any(is_variable)) {
        return guess(FileKind::Ansible, "an Ansible inventory");
    }
    None
}

/// `key = value` with a TOML value.
fn is_toml(line: &str) -> bool {
    let value = line.split_once('=').map(|(key, value)| (key.trim(), value.trim()));
    value.is_some_and(|(key, value)| {
        let begins = value.starts_with(['"', '\'', '[', '{']) || value.parse::<f64>().is_ok();
        !key.contains(' ') && (begins || value == "true" || value == "false")
    })
}

/// Types with an ambiguous syntax.
pub(super) fn loose(text: &str) -> Option<Guess> {
    let is_word = |word: &str| {
        word.chars()
            .all(|c| c.is_alphanumeric() || matches!(c, '_' | '-' | '.'))
    };
    let is_group = |line: &str| {
        line.split_once(':')
            .is_some_and(|(name, _)| !name.is_empty() && is_word(name))
    };
    let is_flat = !text.lines().any(|line| line.starts_with([' ', '\t']));
    if is_flat && telling(text).next().is_some() && telling(text).all(is_group) {
        return guess(FileKind::ClusterShell, "a group file of ClusterShell");
    }
    let header = telling(text).next()?;
    let columns = header.split(',').count();
    let is_row = |line: &str| line.split(',').count() >= columns;
    if columns > 1 && header.split(',').all(|name| is_word(name.trim())) && telling(text).all(is_row) {
        return guess(FileKind::Csv, "a table in CSV");
    }
    let is_genders = |line: &str| {
        let mut words = line.split_whitespace();
        words.next();
        words.next().is_some_and(|attributes| !attributes.contains("ansible_")) && words.next().is_none()
    };
    let all = telling(text).all(is_genders);
    all.then_some(Guess {
        kind: FileKind::Genders,
        what: "a genders file",
    })
}
