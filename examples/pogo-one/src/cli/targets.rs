//! Parses targets.

use std::io::Read;
use std::path::{Path, PathBuf};

use clap::{Args, ValueHint};
use pogo_core::fleet::Selector;

use super::NAME;
use super::login::{Login, split};
use crate::exit::CliError;

/// Which hosts a job is for.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Targets")]
pub(crate) struct TargetArgs {
    /// Hosts to run on: names, ranges and tags, as in `web[1-20],@cache & !@colo.east`; `user@host:port` too
    ///
    /// `@cache` and `$cache` are the same tag; a shell leaves `@cache` alone. Several words count together.
    #[arg(value_name = "TARGETS")]
    words: Vec<String>,
    /// TARGETS as an option; may be given several times
    #[arg(short, long, short_alias = 'w', value_name = "TARGETS")]
    targets: Vec<String>,
    /// File that lists targets, one or more a line; `-` is standard input
    #[arg(long, value_name = "FILE|-", value_hint = ValueHint::FilePath)]
    pub(crate) targets_file: Option<PathBuf>,
    /// Hosts to leave out, written as targets are; may be given several times
    #[arg(short = 'x', long, value_name = "HOSTS")]
    exclude: Vec<String>,
    /// Allow targets that no source knows; they are under no rule
    #[arg(long)]
    pub(crate) allow_unlisted: bool,
}

/// Parsed targets.
#[derive(Debug, Clone)]
pub(crate) struct Targets {
    /// The hosts.
    pub(crate) selector: Selector,
    /// Logins for some of them.
    pub(crate) logins: Vec<Login>,
}

impl TargetArgs {
    /// Positional words, which may be a command whose `--` is missing.
    pub(crate) fn words(&self) -> &[String] {
        &self.words
    }

    /// Whether the targets are ansible's `all`.
    pub(crate) fn names_all(&self) -> bool {
        self.words.iter().chain(&self.targets).any(|text| text == "all")
    }

    /// Whether an option names targets.
    pub(crate) fn has_options(&self) -> bool {
        !self.targets.is_empty() || self.targets_file.is_some()
    }

    /// Whether targets are read from standard input.
    pub(crate) fn reads_stdin(&self) -> bool {
        self.targets_file.as_deref() == Some(Path::new("-"))
    }

    /// Reads them all.
    pub(crate) fn read(&self) -> Result<Targets, CliError> {
        if let Some(number) = self.targets.iter().find(|text| is_number(text)) {
            return Err(CliError::usage(format!(
                "-t names targets here, and `{number}` is a number: a time limit is --timeout {number} or \
                 --connect-timeout {number}, and a host of this name a target without -t"
            )));
        }
        let mut parts = Vec::new();
        let mut logins = Vec::new();
        for text in self.words.iter().chain(&self.targets) {
            parts.push(read(text, &mut logins).map_err(CliError::usage)?);
        }
        if let Some(path) = &self.targets_file {
            parts.extend(listed(path, &mut logins)?);
        }
        let Some(first) = parts.pop() else {
            return Err(CliError::usage(format!(
                "targets are missing; name hosts, ranges or tags, as in `{NAME} … 'web[1-3]'`, `{NAME} … @cache` or \
                 `{NAME} … '*'`"
            )));
        };
        let mut selector = match parts.is_empty() {
            true => first,
            false => Selector::Or(parts.into_iter().chain([first]).collect()),
        };
        let mut left_out = Vec::new();
        for text in &self.exclude {
            let excluded = read(text, &mut Vec::new()).map_err(CliError::usage)?;
            left_out.push(Selector::Not(Box::new(excluded)));
        }
        if !left_out.is_empty() {
            selector = Selector::And([vec![selector], left_out].concat());
        }
        Ok(Targets { selector, logins })
    }
}

fn is_number(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// Reads targets from a file, line by line; `#` begins a comment.
fn listed(path: &Path, logins: &mut Vec<Login>) -> Result<Vec<Selector>, CliError> {
    let is_stdin = path == Path::new("-");
    let name = match is_stdin {
        true => "standard input".to_owned(),
        false => path.display().to_string(),
    };
    let unreadable = |error| CliError::usage(format!("cannot read the targets from {name}: {error}"));
    let mut bytes = Vec::new();
    match is_stdin {
        true => std::io::stdin().lock().read_to_end(&mut bytes).map_err(unreadable)?,
        false => std::fs::File::open(path)
            .and_then(|mut file| file.read_to_end(&mut bytes))
            .map_err(unreadable)?,
    };
    let text = String::from_utf8(bytes)
        .map_err(|_| CliError::usage(format!("{name} is no list of targets: it is not text")))?;
    let mut parts = Vec::new();
    for (line, at) in text.trim_start_matches('\u{feff}').lines().zip(1..) {
        let line = line.split('#').next().unwrap_or_default().trim_end();
        if line.trim().is_empty() {
            continue;
        }
        let read = read(line, logins).map_err(|problem| CliError::usage(format!("{name}:{at}: {problem}")))?;
        parts.push(read);
    }
    match parts.is_empty() {
        true => Err(CliError::usage(format!(
            "{name} lists no targets; write hosts, ranges or tags, one a line"
        ))),
        false => Ok(parts),
    }
}

/// Parses one expression with its logins.
fn read(text: &str, logins: &mut Vec<Login>) -> Result<Selector, String> {
    let (plain, found) = split(text)?;
    let selector = parse(&plain, text)?;
    logins.extend(found);
    Ok(selector)
}

/// Parses targets; errors show their position.
pub(crate) fn targets(text: &str) -> Result<Selector, String> {
    parse(text, text)
}

/// Parses a text; errors show `shown`, which has the same length.
fn parse(text: &str, shown: &str) -> Result<Selector, String> {
    text.parse::<Selector>().map_err(|error| {
        if shown.trim().is_empty() {
            return error.to_string();
        }
        let before = shown.get(..error.offset()).map_or(0, |head| head.chars().count());
        format!("{error}\n\n    {shown}\n    {}^", " ".repeat(before))
    })
}
