//! One reading of all lines for one host.

use super::criteria::{MatchProblem, Subject, judge};
use super::error::{ClientConfigError, Place};
use super::file::{File, Line};
use super::keyword::Keyword;
use super::local::Local;
use super::options::{Options, Other, first};
use super::pattern::{fits, fits_list};
use super::tokens::host_name;

/// One reading; there may be a second, with what is known by then.
pub(super) struct Reading<'a> {
    pub(super) local: &'a Local,
    /// The host as asked for.
    pub(super) original: &'a str,
    /// The host that `Host` lines are compared with.
    pub(super) host: &'a str,
    pub(super) is_final: bool,
    pub(super) options: &'a mut Options,
    /// Whether a line asks for a second reading.
    pub(super) wants_final: bool,
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

impl Reading<'_> {
    /// Reads a file and all that it includes.
    pub(super) fn read(&mut self, file: &File, is_users: bool) -> Result<(), ClientConfigError> {
        self.read_within(
            file,
            Block {
                active: true,
                never: false,
                is_users,
            },
        )
    }

    fn read_within(&mut self, file: &File, mut block: Block) -> Result<(), ClientConfigError> {
        for line in &file.lines {
            match line.keyword {
                Some(keyword) => self.line(keyword, line, &mut block)?,
                None => self.unknown(line)?,
            }
        }
        Ok(())
    }

    /// An unknown keyword may be one that is to be ignored.
    fn unknown(&self, line: &Line) -> Result<(), ClientConfigError> {
        let ignored = self.options.ignored_unknown.as_deref();
        match ignored.is_some_and(|patterns| fits_list(&line.name, &patterns.to_ascii_lowercase())) {
            true => Ok(()),
            false => Err(line.problem("no keyword that is known")),
        }
    }

    fn line(&mut self, keyword: Keyword, line: &Line, block: &mut Block) -> Result<(), ClientConfigError> {
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
            Keyword::Only(harmless) | Keyword::Noted(harmless) => {
                let other = Other {
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

    fn is_for_host(&self, line: &Line) -> bool {
        let mut active = false;
        for pattern in &line.arguments {
            match pattern.strip_prefix('!') {
                Some(pattern) if fits(self.host, pattern) => return false,
                Some(_) => {}
                None => active |= fits(self.host, pattern),
            }
        }
        active
    }

    fn matches(&mut self, line: &Line, never: bool) -> Result<bool, ClientConfigError> {
        let host = self.host_so_far(&line.place)?;
        let subject = Subject {
            host: &host,
            original: self.original,
            user: self.options.user.as_deref().unwrap_or(&self.local.user),
            local_user: &self.local.user,
            is_final: self.is_final,
        };
        match judge(&line.text, &subject) {
            Ok(matched) => {
                self.wants_final |= matched.wants_final;
                Ok(matched.holds && !never)
            }
            Err(MatchProblem::Senseless(problem)) => Err(ClientConfigError::line(&line.place, problem)),
            Err(MatchProblem::Unsupported(_)) if never => Ok(false),
            Err(MatchProblem::Unsupported(what)) => Err(ClientConfigError::unsupported(
                &line.place,
                format!("`{what}` is not supported"),
            )),
        }
    }

    /// The host with what is known of its name so far.
    fn host_so_far(&self, place: &Place) -> Result<String, ClientConfigError> {
        match &self.options.host_name {
            Some(name) if self.is_final => Ok(name.clone()),
            Some(name) => host_name(name, self.host).map_err(|problem| ClientConfigError::line(place, problem)),
            None => Ok(self.host.to_owned()),
        }
    }
}
