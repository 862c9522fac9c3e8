//! Reads hosts from a response, or from the last valid copy.

use std::time::SystemTime;

use pogo_core::fleet::FleetBuilder;
use pogo_core::inventory::{Diagnostic, InventoryError, Listing};
use secrecy::ExposeSecret;

use super::answer::{Body, HttpAnswer};
use super::copy::Copy;
use super::fetch::{FetchFailure, HttpRequest};
use super::settings::HttpSettings;
use super::shrink::{self, Sizes};
use super::{last, secret};
use crate::table::TableFile;

/// The current hosts.
pub(super) async fn read(source: &HttpSettings) -> Result<Listing, InventoryError> {
    let name = secret::shown(&source.url);
    let mut reader = AnswerReader {
        source,
        name: &name,
        now: SystemTime::now(),
        warnings: Vec::new(),
        rows: Vec::new(),
    };
    // Before the service is asked, since it is asked whether anything is newer than this.
    let old = reader.last();
    let fleet = match old {
        // A watch and several namespaces read often: the service says how often that is worth a
        // request.
        Some((copy, fleet)) if copy.is_fresh(reader.now) => fleet,
        old => reader.ask(old).await?,
    };
    let warnings = reader.warnings.into_iter().chain(reader.rows).collect();
    let mut listing = Listing::new(fleet);
    listing.warnings = warnings;
    Ok(listing)
}

struct AnswerReader<'s> {
    source: &'s HttpSettings,
    name: &'s str,
    now: SystemTime,
    warnings: Vec<Diagnostic>,
    /// Warnings about the rows that are used.
    rows: Vec<Diagnostic>,
}

impl AnswerReader<'_> {
    /// The last valid response, if it is still valid.
    fn last(&mut self) -> Option<(Copy, FleetBuilder)> {
        let copy = last::last(self.source, self.source.url.expose_secret(), &mut self.warnings)?;
        match self.parse(&copy.body) {
            Ok(fleet) => Some((copy, fleet)),
            Err(_) => {
                let message = "the last good copy is no longer valid, and is not used";
                let hint = "was the mapping changed?";
                self.warnings.push(Diagnostic::new(self.name, message).with_hint(hint));
                None
            }
        }
    }

    async fn ask(&mut self, old: Option<(Copy, FleetBuilder)>) -> Result<FleetBuilder, InventoryError> {
        let question = HttpRequest::new(self.source, self.name)?;
        match (question.ask(old.as_ref().map(|(copy, _)| copy)).await, old) {
            (Ok(HttpAnswer::Changed(body)), old) => self.changed(body, old),
            (Ok(HttpAnswer::Unchanged(freshness)), Some((mut copy, fleet))) => {
                copy.renew(self.now, freshness);
                last::keep(self.source, copy, &mut self.warnings);
                Ok(fleet)
            }
            // Unreachable in practice: a conditional request needs a copy.
            (Ok(HttpAnswer::Unchanged(_)), None) => Err(self.unavailable("answers that nothing changed")),
            (Err(FetchFailure::Wrong(error)), _) => Err(error),
            (Err(FetchFailure::Down { message, .. }), old) => self.down(&message, old),
        }
    }

    fn changed(&mut self, body: Body, old: Option<(Copy, FleetBuilder)>) -> Result<FleetBuilder, InventoryError> {
        let fleet = self.parse(&body.text)?;
        // Before it is kept: what is refused must not become what the next answer is held against.
        let sizes = self.held_against(&fleet, old)?;
        if body.freshness.keep {
            let mut copy = Copy::new(self.name, self.source.url.expose_secret(), body, self.now);
            (copy.sizes, copy.max_shrink) = (sizes, Some(self.source.max_shrink));
            last::keep(self.source, copy, &mut self.warnings);
        } else if self.source.copy.is_some() {
            let message = "no copy is kept: the service forbids it with `Cache-Control: no-store`";
            self.warnings.push(Diagnostic::new(self.name, message));
        }
        Ok(fleet)
    }

    /// Refuses a fleet that has shrunk too much; returns the sizes that the next one is compared with.
    fn held_against(
        &self,
        fleet: &FleetBuilder,
        old: Option<(Copy, FleetBuilder)>,
    ) -> Result<Option<Sizes>, InventoryError> {
        // The caller reports a fleet that cannot be built.
        let Ok(after) = fleet.clone().build() else {
            return Ok(None);
        };
        let now = Sizes::of(&after);
        let Some((copy, Ok(before))) = old.map(|(copy, fleet)| (copy, fleet.build())) else {
            return Ok(Some(now));
        };
        let most = self.source.max_shrink;
        let confirmed = copy.sizes.unwrap_or_else(|| Sizes::of(&before));
        // Twice: hosts that others replace leave the number as it is, and a fleet that creeps away
        // never loses many at once.
        let message = shrink::refusal(&before, &after, most).or_else(|| confirmed.refusal(&now, most));
        if let Some(message) = message {
            let hint = "if they are really gone, allow it once with a higher `max_shrink`";
            return Err(InventoryError::Invalid(vec![
                Diagnostic::new(self.name, message).with_hint(hint),
            ]));
        }
        // A raised percentage confirms this response.
        let allowed = most > copy.max_shrink.unwrap_or(HttpSettings::MAX_SHRINK);
        Ok(Some(if allowed { now } else { confirmed.and(now) }))
    }

    fn down(&mut self, message: &str, old: Option<(Copy, FleetBuilder)>) -> Result<FleetBuilder, InventoryError> {
        let Some((copy, fleet)) = old else {
            return Err(self.unavailable(message));
        };
        if copy.is_from_the_future(self.now) {
            return self.down_since_the_future(message, fleet);
        }
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

    /// The copy's time is in the future: its age is unknown.
    fn down_since_the_future(&mut self, message: &str, fleet: FleetBuilder) -> Result<FleetBuilder, InventoryError> {
        // Whoever sets a limit wants no hosts of unknown age; without one, old hosts are better
        // than none.
        if self.source.max_copy_age.is_some() {
            let message = format!("{message}; the last good copy is from the future, so its age is not known");
            return Err(self.unavailable(&message));
        }
        let message = format!("{message}; the last good copy is used, which is from the future: is the clock right?");
        self.warnings.push(Diagnostic::new(self.name, message));
        Ok(fleet)
    }

    fn parse(&mut self, text: &str) -> Result<FleetBuilder, InventoryError> {
        let (format, mapping) = (self.source.format, &self.source.mapping);
        let listing = TableFile::parse(self.name, text, format, mapping)?;
        self.rows = listing.warnings;
        Ok(listing.fleet)
    }

    fn unavailable(&self, message: &str) -> InventoryError {
        InventoryError::unavailable(self.name, message)
    }
}
