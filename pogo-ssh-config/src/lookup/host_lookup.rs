//! One pass over all lines for one host.

use super::exec::ExecAnswers;
use super::match_subject::{MatchSubject, judge};
use super::tokens::{Tokens, host_name};
use super::walk::LineVisitor;
use crate::error::ClientConfigError;
use crate::lines::keyword::Keyword;
use crate::lines::line::ConfigLine;
use crate::lines::line_use::LineUse;
use crate::lines::options::{CollectedOptions, UnsupportedOption, first};
use crate::lines::scope::ConfigScope;
use crate::local::LocalAccount;
use crate::value::pattern_list::matches_list;
use crate::value::settings::HostQuery;

/// One pass; a second one may follow, with the values of the first.
pub(crate) struct HostLookup<'a> {
    pub(crate) local: &'a LocalAccount,
    pub(crate) query: &'a HostQuery,
    /// Results of `Match exec` commands.
    pub(crate) answers: &'a ExecAnswers,
    /// The host to compare with `Host` lines.
    pub(crate) host: &'a str,
    pub(crate) is_final: bool,
    pub(crate) options: &'a mut CollectedOptions,
    /// Whether a line requires a second pass.
    pub(crate) wants_final: bool,
    /// The first command without a result: values after it are unreliable.
    pub(crate) asks: Option<String>,
}

impl<'a> LineVisitor<'a> for HostLookup<'_> {
    type Error = ClientConfigError;

    fn host(&self) -> &str {
        self.host
    }

    fn named(&mut self, _: &'a ConfigLine) {}

    /// Refuses an unknown keyword unless `IgnoreUnknown` names it.
    fn unknown(&mut self, line: &'a ConfigLine) -> Result<(), ClientConfigError> {
        let ignored = self.options.ignored_unknown.as_deref();
        match ignored.is_some_and(|patterns| is_ignored(line, patterns)) {
            true => Ok(()),
            false => Err(line.unknown_keyword().into()),
        }
    }

    fn apply(&mut self, keyword: Keyword, line: &'a ConfigLine, scope: ConfigScope) -> Result<(), ClientConfigError> {
        let at_line = |problem: String| line.problem(&problem);
        match keyword {
            // Handled by the walk.
            Keyword::Host | Keyword::Match | Keyword::Include | Keyword::Harmless => {}
            Keyword::IgnoreUnknown => {
                let patterns = line.values(scope).text().map_err(at_line)?;
                first(&mut self.options.ignored_unknown, patterns, LineUse::Apply);
            }
            Keyword::Followed(setting) => {
                let mut values = line.values(scope);
                self.options
                    .take(setting, &mut values, LineUse::Apply)
                    .map_err(at_line)?;
            }
            Keyword::RefuseConnection => {
                return Err(ClientConfigError::Refused {
                    position: line.position().to_string(),
                    message: line.joined_arguments(),
                });
            }
            Keyword::Only(harmless) | Keyword::Noted(harmless) => {
                let other = UnsupportedOption {
                    value: line.joined_arguments(),
                    position: line.position(),
                    harmless,
                    refused: matches!(keyword, Keyword::Only(_)),
                };
                // Judged at the end, not here: only the first value counts, and a host's own `none`
                // before a general block makes it harmless.
                self.options.others.entry(line.name.clone()).or_insert(other);
            }
        }
        Ok(())
    }

    fn holds(&mut self, line: &'a ConfigLine, never: bool) -> Result<bool, ClientConfigError> {
        let host = self.host_so_far(line)?;
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
        let matched = judge(&line.criteria, &subject).map_err(|problem| line.problem(&problem))?;
        self.wants_final |= matched.wants_final;
        // In a file whose lines never apply, commands need no result.
        if let Some(command) = matched.asks.filter(|_| !never) {
            self.asks.get_or_insert(command);
        }
        Ok(matched.holds)
    }
}

impl HostLookup<'_> {
    /// The host's address so far.
    fn host_so_far(&self, line: &ConfigLine) -> Result<String, ClientConfigError> {
        match &self.options.host_name {
            Some(name) if self.is_final => Ok(name.clone()),
            Some(name) => Ok(host_name(name, self.host).map_err(|problem| line.problem(&problem))?),
            None => Ok(self.host.to_owned()),
        }
    }
}

/// Whether `IgnoreUnknown` names this keyword.
pub(crate) fn is_ignored(line: &ConfigLine, patterns: &str) -> bool {
    matches_list(&line.name, &patterns.to_ascii_lowercase())
}
