//! Guesses the type of a file that is not of the declared type.

use pogo_core::inventory::Diagnostic;

use crate::file::without_mark;

/// The guessed type: its description, and the source to name, after `-i` unless stated otherwise.
struct Guess {
    kind: &'static str,
    what: &'static str,
}

/// Adds a hint with the guessed type to the first problem.
pub(crate) fn hinted(mut problems: Vec<Diagnostic>, own: &str, name: &str, text: &str) -> Vec<Diagnostic> {
    let guess = (!problems.is_empty()).then(|| of(text)).flatten();
    let (Some(Guess { kind, what }), Some(first)) = (guess, problems.first_mut()) else {
        return problems;
    };
    if kind == own {
        return problems;
    }
    let cure = match kind {
        "policy" => format!("`-c {name}`"),
        "sources" => format!("`--sources {name}`"),
        "terraform" => "`terraform output -json NAME` prints a value of yours: make it a list of hosts".to_owned(),
        "program" => format!("`-i command:{name}`, or `-i ansible-script:{name}`"),
        kind => format!("`-i {kind}:{name}`"),
    };
    let guess = format!("is this {what}? {cure}");
    *first = first.clone().with_hint(match &first.hint {
        Some(hint) => format!("{guess}; {hint}"),
        None => guess,
    });
    problems
}

/// Whether a text that is also valid as another type looks like CSV.
pub(crate) fn is_csv(text: &str) -> bool {
    of(text).is_some_and(|guess| guess.kind == "csv")
}

/// The largest text that is examined, in bytes.
const MOST: usize = 1 << 20;

fn of(text: &str) -> Option<Guess> {
    let text = without_mark(text);
    if text.len() > MOST {
        return None;
    }
    if text.starts_with("#!") {
        return guess("program", "a program");
    }
    lines::of(text)
        .or_else(|| tree::of(text))
        .or_else(|| lines::loose(text))
}

fn guess(kind: &'static str, what: &'static str) -> Option<Guess> {
    Some(Guess { kind, what })
}

/// Types recognized by their keys.
mod tree {
    use super::Guess;
    #[cfg(feature = "yaml")]
    use super::guess;

    #[cfg(not(feature = "yaml"))]
    pub(super) fn of(_: &str) -> Option<Guess> {
        None
    }

    #[cfg(feature = "yaml")]
    pub(super) fn of(text: &str) -> Option<Guess> {
        use crate::source::{Problems, SourceText};
        use crate::tree::Value;

        // Without quotes it is a YAML list or map.
        let is_json = text.trim_start().starts_with(['{', '[']) && text.contains('"');
        let mut lines = text.lines().filter(|line| !line.trim().is_empty());
        if is_json && text.trim_end().contains('\n') && lines.all(|line| line.starts_with('{') && line.ends_with('}')) {
            return guess("jsonl", "a table of JSON lines");
        }
        let mut problems = Problems::new(SourceText::new("", text));
        let root = crate::yaml::load(&mut problems).filter(|_| problems.is_empty())?;
        let json = || {
            if is_json {
                guess("json", "a table in JSON")
            } else {
                None
            }
        };
        match &root.value {
            Value::Map(entries) => by_keys(entries).or_else(json),
            Value::List(_) => json(),
            _ => None,
        }
    }

    #[cfg(feature = "yaml")]
    fn by_keys(entries: &[crate::tree::Entry<'_>]) -> Option<Guess> {
        use crate::tree::{Entry, Node, Value};

        const POLICY: [&str; 7] = [
            "tag",
            "host",
            "include",
            "namespace",
            "sequence",
            "constraint",
            "defaults",
        ];
        let has = |key: &str| entries.iter().any(|entry| entry.key.text == key);
        let below = |entry: &Entry<'_>, keys: &[&str]| match &entry.value.value {
            Value::Map(fields) => keys.iter().any(|key| fields.iter().any(|field| field.key.text == *key)),
            _ => false,
        };
        let nodes = |node: &Node<'_>| matches!(node.value, Value::Scalar(_) | Value::List(_));
        let groups = |entry: &Entry<'_>| match &entry.value.value {
            Value::Map(groups) => groups.iter().all(|group| nodes(&group.value)),
            value => matches!(value, Value::Scalar(_)),
        };
        if has("_meta") {
            return guess("ansible-list", "what `ansible-inventory --list` prints");
        }
        if has("plugin") {
            return guess("ansible", "a configuration of an inventory plugin of Ansible");
        }
        if has("terraform_version") || entries.iter().all(|entry| below(entry, &["sensitive"])) {
            return guess("terraform", "an output of Terraform");
        }
        if has("apps") || has("envs") {
            return guess("pogo4", "a file of Pogo 4.0");
        }
        if has("sources") || has("resolvers") {
            return guess("sources", "a file of sources");
        }
        if entries.iter().all(|entry| POLICY.contains(&&*entry.key.text)) {
            return guess("policy", "a policy file");
        }
        if entries.iter().any(|entry| below(entry, &["hosts", "children", "vars"])) {
            return guess("ansible", "an Ansible inventory");
        }
        let is_tool = entries.iter().all(groups) && !entries.iter().any(|entry| below(entry, &["tags", "address"]));
        is_tool.then_some(Guess {
            kind: "clustershell",
            what: "a group file of ClusterShell",
        })
    }
}

/// Types recognized by their lines.
mod lines {
    use super::{Guess, guess};

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
            return guess("ssh-config", "a configuration of OpenSSH's client");
        }
        let is_section = |line: &str| line.starts_with('[') && line.ends_with(']') && !line.contains(['{', '"', ',']);
        // A section alone is a YAML list.
        let has_more = telling(text).any(|line| !is_section(line));
        if has_more && telling(text).any(|line| is_section(line) && line.len() > 2) {
            let is_group = |line: &str| is_section(line) && (line.ends_with(":children]") || line.ends_with(":vars]"));
            return match telling(text).filter(|line| !is_section(line)).all(is_toml) {
                true if !telling(text).any(is_group) => guess("toml", "a table in TOML"),
                _ => guess("ansible", "an Ansible inventory"),
            };
        }
        let is_variable = |word: &str| word.starts_with("ansible_") && word.contains('=');
        if telling(text).any(|line| line.split_whitespace().skip(1).any(is_variable)) {
            return guess("ansible", "an Ansible inventory");
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
            return guess("clustershell", "a group file of ClusterShell");
        }
        let header = telling(text).next()?;
        let columns = header.split(',').count();
        let is_row = |line: &str| line.split(',').count() >= columns;
        if columns > 1 && header.split(',').all(|name| is_word(name.trim())) && telling(text).all(is_row) {
            return guess("csv", "a table in CSV");
        }
        let is_genders = |line: &str| {
            let mut words = line.split_whitespace();
            words.next();
            words.next().is_some_and(|attributes| !attributes.contains("ansible_")) && words.next().is_none()
        };
        let all = telling(text).all(is_genders);
        all.then_some(Guess {
            kind: "genders",
            what: "a genders file",
        })
    }
}
