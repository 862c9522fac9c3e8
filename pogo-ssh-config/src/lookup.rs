//! One reading of all lines for one host.

use super::criteria::{MatchSubject, judge};
use super::error::{ClientConfigError, FilePosition};
use super::exec::ExecAnswers;
use super::file::{ConfigFile, ConfigLine};
use super::keyword::Keyword;
use super::local::LocalAccount;
use super::options::{CollectedOptions, UnsupportedOption, first};
use super::settings::HostQuery;
use super::tokens::{Tokens, host_name};
use pogo_core::fleet::matches_pattern;

use super::pattern_list::matches_list;

/// One reading; there may be a second, with what is known by then.
pub(super) struct HostLookup<'a> {
    pub(super) local: &'a LocalAccount,
    pub(super) query: &'a HostQuery,
    /// What commands have answered.
    pub(super) answers: &'a ExecAnswers,
    /// The host that `Host` lines are compared with.
    pub(super) host: &'a str,
    pub(super) is_final: bool,
    pub(super) options: &'a mut CollectedOptions,
    /// Whether a line asks for a second reading.
    pub(super) wants_final: bool,
    /// The first command that has no answer yet: what is read after it may not be so.
    pub(super) asks: Option<String>,
}

/// What the lines before mean for a line.
#[derive(Debug, Clone, Copy)]
struct Block {
    /// It applies to this host.
    active: bool,
    /// No line of this file ever applies: it is included where nothing does.
    never: bool,
    /// The file is the user's own.
    is_users: bool,
}

impl HostLookup<'_> {
    /// Reads a file and all that it includes.
    pub(super) fn read(&mut self, file: &ConfigFile, is_users: bool) -> Result<(), ClientConfigError> {
        self.read_within(
            file,
            Block {
                active: true,
                never: false,
                is_users,
            },
        )
    }

    fn read_within(&mut self, file: &ConfigFile, mut block: Block) -> Result<(), ClientConfigError> {
        for line in &file.lines {
            match line.keyword {
                Some(keyword) => self.line(keyword, line, &mut block)?,
                None => self.unknown(line)?,
            }
        }
        Ok(())
    }

    /// An unknown keyword may be one that is to be ignored.
    fn unknown(&self, line: &ConfigLine) -> Result<(), ClientConfigError> {
        let ignored = self.options.ignored_unknown.as_deref();
        match ignored.is_some_and(|patterns| matches_list(&line.name, &patterns.to_ascii_lowercase())) {
            true => Ok(()),
            false => Err(line.problem("no keyword that is known")),
        }
    }

    fn line(&mut self, keyword: Keyword, line: &ConfigLine, block: &mut Block) -> Result<(), ClientConfigError> {
        let at_line = |problem: String| line.problem(&problem);
        match keyword {
            Keyword::Host => block.active = !block.never && self.is_for_host(line),
            Keyword::Match => block.active = self.matches(line, block.never)?,
            Keyword::Include => {
                for file in &line.included {
                    let inner = Block {
                        never: block.never || !block.active,
                        ..*block
                    };
                    self.read_within(file, inner)?;
                }
            }
            _ if !block.active => {}
            Keyword::IgnoreUnknown => {
                let patterns = line.values(block.is_users).text().map_err(at_line)?;
                first(&mut self.options.ignored_unknown, patterns, true);
            }
            Keyword::Followed(setting) => {
                let mut values = line.values(block.is_users);
                self.options.take(setting, &mut values, true).map_err(at_line)?;
            }
            Keyword::Harmless => {}
            Keyword::RefuseConnection => {
                return Err(ClientConfigError::Refused {
                    place: line.place.to_string(),
                    message: line.arguments.join(" "),
                });
            }
            Keyword::Only(harmless) | Keyword::Noted(harmless) => {
                let other = UnsupportedOption {
                    value: line.arguments.join(" "),
                    place: line.place.clone(),
                    harmless,
                    refused: matches!(keyword, Keyword::Only(_)),
                };
                self.options.others.entry(line.name.clone()).or_insert(other);
            }
        }
        Ok(())
    }

    fn is_for_host(&self, line: &ConfigLine) -> bool {
        let mut active = false;
        for pattern in &line.arguments {
            match pattern.strip_prefix('!') {
                Some(pattern) if matches_pattern(pattern, self.host) => return false,
                Some(_) => {}
                None => active |= matches_pattern(pattern, self.host),
            }
        }
        active
    }

    fn matches(&mut self, line: &ConfigLine, never: bool) -> Result<bool, ClientConfigError> {
        let host = self.host_so_far(&line.place)?;
        let user = self.options.user.as_deref().unwrap_or(&self.local.user);
        let tokens = Tokens {
            local: self.local,
            original: &self.query.host,
            host: &host,
            port: self.options.port.unwrap_or(22),
            user,
            alias: Some(self.options.host_key_alias.as_deref().unwrap_or(&host)),
            jump: self.options.jump_host(),
        };
        let command = self.query.command.as_deref().unwrap_or_default();
        let subject = MatchSubject {
            host: &host,
            original: &self.query.host,
            user,
            local_user: &self.local.user,
            tag: self.options.tag.as_deref().unwrap_or_default(),
            command,
            session: match (self.query.forwards_only, command) {
                (true, _) => "none",
                (false, "") => "shell",
                (false, _) => "exec",
            },
            is_final: self.is_final,
            expand: &|command| tokens.command(command),
            answers: self.answers,
        };
        let matched = judge(&line.text, &subject).map_err(|problem| ClientConfigError::line(&line.place, problem))?;
        self.wants_final |= matched.wants_final;
        // Nobody needs to know what holds in a file of which no line applies.
        if let Some(command) = matched.asks.filter(|_| !never) {
            self.asks.get_or_insert(command);
        }
        Ok(matched.holds && !never)
    }

    /// The host with what is known of its name so far.
    fn host_so_far(&self, place: &FilePosition) -> Result<String, ClientConfigError> {
        match &self.options.host_name {
            Some(name) if self.is_final => Ok(name.clone()),
            Some(name) => host_name(name, self.host).map_err(|problem| ClientConfigError::line(place, problem)),
            None => Ok(self.host.to_owned()),
        }
    }
}
