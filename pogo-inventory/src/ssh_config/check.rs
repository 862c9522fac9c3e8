//! Problems and warnings of a configuration that is read as a list of hosts.

use std::path::Path;

use pogo_core::fleet::HostName;
use pogo_core::inventory::{Diagnostic, Excerpt};
use pogo_core::policy::Origin;
use pogo_ssh_config::{ClientSetting, ConfigFiles, ConfigLine, FilePosition, LineProblem, Word};

use crate::address::{wrong_address, wrong_user};
use crate::source::looks_secret;

/// Converts a position to an origin.
pub(super) fn origin(position: &FilePosition) -> Origin {
    Origin::new(position.file.display().to_string(), position.line, position.column)
}

/// Converts a problem; the line is omitted if it may contain a secret, as commands and variables do.
pub(super) fn diagnostic(problem: &LineProblem) -> Diagnostic {
    let mut found = Diagnostic::at(&origin(&problem.position), problem.message.as_str()).with_length(problem.length);
    let lower = problem.line.to_ascii_lowercase();
    // Commands carry tokens of services in their arguments, and `SetEnv` whatever a host is to
    // know.
    let keeps_secrets = looks_secret(&lower) || lower.contains("command") || lower.contains("setenv");
    found.excerpt = found
        .position
        .filter(|_| !keeps_secrets)
        .map(|position| Excerpt::of(&problem.line, position));
    match &problem.hint {
        Some(hint) => found.with_hint(hint.as_str()),
        None => found,
    }
}

/// A problem at a word.
fn problem_of(line: &ConfigLine, word: &Word, message: String, hint: &str) -> Diagnostic {
    let mut problem = line.problem_at(word, "");
    problem.message = message;
    problem.hint = Some(hint.to_owned()).filter(|hint| !hint.is_empty());
    diagnostic(&problem)
}

/// Lines that OpenSSH refuses, and unsupported values, in the order of files and lines.
pub(super) fn problems(config: &ConfigFiles) -> Vec<Diagnostic> {
    let mut problems: Vec<(FilePosition, Diagnostic)> = Vec::new();
    for problem in config.problems() {
        problems.push((problem.position.clone(), diagnostic(problem)));
    }
    let lines = config.lines();
    for line in &lines {
        if let (Some(setting), Some(word)) = (line.setting(), line.arguments().first())
            && let Some((message, hint)) = wrong_value(setting, &line.setting_value().unwrap_or_default())
        {
            problems.push((line.position_of(word), problem_of(line, word, message, hint)));
        }
    }
    for (line, word) in config.named_hosts() {
        if let Err(error) = HostName::new(&word.text) {
            problems.push((line.position_of(word), problem_of(line, word, error.to_string(), "")));
        }
    }
    if !problems.is_empty() || config.named_hosts().next().is_none() {
        // `IgnoreUnknown` may be set per host; unknown keywords of a host are reported with it.
        for line in config.lines_for("").unknown {
            problems.push((line.position(), diagnostic(&line.unknown_keyword())));
        }
    }
    let mut files: Vec<_> = lines.iter().map(|line| line.position().file).collect();
    files.dedup();
    // In the order in which files are included, not by name: a person reads them so.
    let of = |position: &FilePosition| files.iter().position(|file| *file == position.file);
    problems.sort_by_key(|(position, _)| (of(position), position.line, position.column));
    problems.into_iter().map(|(_, problem)| problem).collect()
}

/// The problem with a value that would be used, and the cure.
fn wrong_value(setting: ClientSetting, text: &str) -> Option<(String, &'static str)> {
    let known_tokens = match setting {
        ClientSetting::HostName => "%h",
        ClientSetting::IdentityFile => "%dhnpr",
        ClientSetting::ProxyJump => "%hnpr",
        ClientSetting::User | ClientSetting::HostKeyAlias => "",
        _ => return None,
    };
    if text.contains("${") {
        return Some((
            "variables of the environment are not supported".to_owned(),
            "write the value",
        ));
    }
    let wrong = match setting {
        ClientSetting::HostName => wrong_address(text),
        ClientSetting::User => wrong_user(text),
        _ => None,
    };
    wrong.or_else(|| wrong_token(text, known_tokens))
}

fn wrong_token(text: &str, known: &str) -> Option<(String, &'static str)> {
    let mut characters = text.chars();
    while let Some(character) = characters.next() {
        if character != '%' {
            continue;
        }
        let token = characters.next();
        if !token.is_some_and(|token| known.contains(token)) {
            let written: String = token.into_iter().collect();
            let message = format!("the token `%{}` is not supported here", written.escape_debug());
            return Some((message, "write the value"));
        }
    }
    None
}

/// Warnings about settings that are not used.
pub(super) fn warnings(config: &ConfigFiles) -> Vec<Diagnostic> {
    let mut warnings = Vec::new();
    // A `Match` that cannot be evaluated is reported only if it contains settings.
    let mut unjudged: Option<&ConfigLine> = None;
    for line in config.lines() {
        let same_file = |known: &&ConfigLine| known.position().file == line.position().file;
        unjudged = unjudged.filter(same_file);
        if line.is("host") {
            unjudged = None;
        } else if line.is("match") {
            unjudged = Some(line).filter(|line| line.unknown_condition().is_some());
            if line.asks_for_second_reading() {
                // OpenSSH makes a second pass then, in which other conditions may hold.
                warnings.extend(unjudged.take().map(not_judged));
            }
        } else if line.is("include") {
            warnings.extend(unjudged.take().map(not_judged));
            let missing = |word: &Word| {
                problem_of(
                    line,
                    word,
                    format!("there is no file `{}`", word.text.escape_debug()),
                    "",
                )
            };
            warnings.extend(line.missing_files().map(missing));
        } else if line.setting().is_some_and(is_taken_over) {
            if is_command(line) {
                // The command may contain a secret.
                let problem = Diagnostic::at(&origin(&line.position()), "`ProxyCommand` is not taken over");
                warnings.push(problem.with_hint("name hosts to go through with `ProxyJump`"));
            }
            warnings.extend(unjudged.take().map(not_judged));
        }
    }
    warnings
}

fn not_judged(line: &ConfigLine) -> Diagnostic {
    let name = line.unknown_condition().unwrap_or_default();
    let message = format!(
        "the settings of this `Match` are not taken over: whether `{name}` holds is not known before somebody connects"
    );
    let hint = "name the hosts with `Host`, or leave it to the transport, which reads OpenSSH's configuration itself";
    problem_of(line, line.keyword(), message, hint)
}

/// Whether a setting is used, including `ProxyCommand`, which overrides `ProxyJump`.
pub(super) fn is_taken_over(setting: ClientSetting) -> bool {
    matches!(
        setting,
        ClientSetting::HostName
            | ClientSetting::Port
            | ClientSetting::User
            | ClientSetting::IdentityFile
            | ClientSetting::HostKeyAlias
            | ClientSetting::ProxyJump
            | ClientSetting::ProxyCommand
    )
}

fn is_command(line: &ConfigLine) -> bool {
    let command = line.setting_value().unwrap_or_default();
    line.setting() == Some(ClientSetting::ProxyCommand) && !command.trim().eq_ignore_ascii_case("none")
}

/// The problem of a file whose lookups would take too long.
pub(super) fn too_many(config: &ConfigFiles, path: &Path, hosts: usize) -> Option<Diagnostic> {
    // Each host is held against each line: a hundred million comparisons are a few seconds.
    const MAX_COMPARED: usize = 100_000_000;
    let lines = config.lines_for_any_host();
    let message = format!("{lines} lines and {hosts} hosts are too many to compare");
    (lines.saturating_mul(hosts) > MAX_COMPARED).then(|| Diagnostic::new(path.display().to_string(), message))
}
