//! From an answer, or the last good one, to hosts.

use std::time::SystemTime;

use pogo_core::fleet::FleetBuilder;
use secrecy::ExposeSecret;

use super::copy::{self, Copy};
use super::fetch::{Answer, Body, Failure, Question};
use super::{HttpSource, secret, shrink};
use crate::diagnostic::{Diagnostic, SourceError};
use crate::hosts::SourceHosts;
use crate::table::TableFile;

/// The hosts that are known now.
pub(super) async fn read(source: &HttpSource) -> Result<SourceHosts, SourceError> {
    let name = secret::shown(&source.url);
    let mut reader = Reader {
        source,
        name: &name,
        now: SystemTime::now(),
        warnings: Vec::new(),
    };
    let old = reader.last();
    let fleet = match old {
        Some((copy, fleet)) if copy.is_fresh(reader.now) => fleet,
        old => reader.ask(old).await?,
    };
    let warnings = reader.warnings;
    Ok(SourceHosts { fleet, warnings })
}

struct Reader<'s> {
    source: &'s HttpSource,
    name: &'s str,
    now: SystemTime,
    warnings: Vec<Diagnostic>,
}

impl Reader<'_> {
    /// The last good answer, if it makes sense today.
    fn last(&mut self) -> Option<(Copy, FleetBuilder)> {
        let copy = copy::last(self.source, self.source.url.expose_secret(), &mut self.warnings)?;
        match self.parse(&copy.body) {
            Ok(fleet) => Some((copy, fleet)),
            Err(_) => {
                let message = "the last good copy makes no sense any more, and is not used";
                let hint = "was the mapping changed?";
                self.warnings.push(Diagnostic::new(self.name, message).with_hint(hint));
                None
            }
        }
    }

    async fn ask(&mut self, old: Option<(Copy, FleetBuilder)>) -> Result<FleetBuilder, SourceError> {
        let question = Question::new(self.source, self.name)?;
        match (question.ask(old.as_ref().map(|(copy, _)| copy)).await, old) {
            (Ok(Answer::Changed(body)), old) => self.changed(body, old.map(|(_, fleet)| fleet)),
            (Ok(Answer::Unchanged(freshness)), Some((mut copy, fleet))) => {
                copy.renew(self.now, freshness);
                copy::keep(self.source, copy, &mut self.warnings);
                Ok(fleet)
            }
            (Ok(Answer::Unchanged(_)), None) => {
                Err(self.unavailable("answers that nothing changed, but was not asked so"))
            }
            (Err(Failure::Wrong(error)), _) => Err(error),
            (Err(Failure::Down { message, .. }), old) => self.down(&message, old),
        }
    }

    fn changed(&mut self, body: Body, old: Option<FleetBuilder>) -> Result<FleetBuilder, SourceError> {
        let fleet = self.parse(&body.text)?;
        if let Some(before) = old.and_then(|old| old.build().ok())
            && let Ok(after) = fleet.clone().build()
            && let Some(message) = shrink::refusal(&before, &after, self.source.max_shrink)
        {
            let hint = "if they are really gone, allow it once with a higher `max_shrink`";
            return Err(SourceError::Invalid(vec![
                Diagnostic::new(self.name, message).with_hint(hint),
            ]));
        }
        if body.freshness.keep {
            let copy = Copy::new(self.name, self.source.url.expose_secret(), body, self.now);
            copy::keep(self.source, copy, &mut self.warnings);
        } else if self.source.copy.is_some() {
            let message = "no copy is kept: the service forbids it with `Cache-Control: no-store`";
            self.warnings.push(Diagnostic::new(self.name, message));
        }
        Ok(fleet)
    }

    fn down(&mut self, message: &str, old: Option<(Copy, FleetBuilder)>) -> Result<FleetBuilder, SourceError> {
        let Some((copy, fleet)) = old else {
            return Err(self.unavailable(message));
        };
        let age = copy.age(self.now);
        let shown = humantime::format_duration(age);
        if let Some(most) = self.source.max_copy_age.filter(|most| age > *most) {
            let most = humantime::format_duration(most);
            return Err(self.unavailable(&format!(
                "{message}; the last good copy is {shown} old, and may be {most} at most"
            )));
        }
        let message = format!("{message}; the last good copy is used, which is {shown} old");
        self.warnings.push(Diagnostic::new(self.name, message));
        Ok(fleet)
    }

    fn parse(&self, text: &str) -> Result<FleetBuilder, SourceError> {
        TableFile::parse(self.name, text, self.source.format, &self.source.mapping)
    }

    fn unavailable(&self, message: &str) -> SourceError {
        SourceError::unavailable(self.name, message)
    }
}
