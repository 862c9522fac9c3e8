//! Rows of CSV whose names are plain and whose tags were seen before: nearly all of them, and there may be very many.

use ::csv::StringRecord;
use pogo_core::fleet::{Connection, HostName};
use rustc_hash::FxHashMap;

use super::rows::tag_paths;
use super::{Mapping, TagField};
use crate::roster::{Roster, TagNumber};
use crate::source::{Problems, Span};
use crate::tree::{Node, Value};

/// Where in a row what stands.
pub(super) struct Columns<'m> {
    name: Option<usize>,
    tags: Vec<Tags<'m>>,
    address: Option<usize>,
    port: Option<usize>,
    user: Option<usize>,
    vars: Vec<(&'m str, usize)>,
}

/// A column of tags, and what its texts were found to mean.
struct Tags<'m> {
    column: usize,
    field: &'m TagField,
    known: FxHashMap<String, Vec<TagNumber>>,
}

impl<'m> Columns<'m> {
    pub(super) fn new(header: &StringRecord, mapping: &'m Mapping) -> Self {
        let column = |field: &str| header.iter().position(|column| column == field);
        let tags = |field: &'m TagField| {
            let (column, known) = (column(&field.field)?, FxHashMap::default());
            Some(Tags { column, field, known })
        };
        Self {
            name: column(&mapping.name),
            tags: mapping.tags.iter().filter_map(tags).collect(),
            address: column(&mapping.address),
            port: column(&mapping.port),
            user: column(&mapping.user),
            vars: mapping
                .vars
                .iter()
                .filter_map(|var| Some((var.as_str(), column(var)?)))
                .collect(),
        }
    }

    /// Adds the row's host. `None` if there is anything about it to be looked at more closely; then nothing is added.
    pub(super) fn plain(
        &mut self,
        problems: &mut Problems<'_>,
        span: Span,
        row: &StringRecord,
        roster: &mut Roster,
    ) -> Option<()> {
        let name = HostName::new(row.get(self.name?)?.trim()).ok()?;
        let connection = self.connection(row)?;
        for tags in &mut self.tags {
            tags.learn(problems, span, row, roster)?;
        }
        roster.at(&problems.source, span);
        let host = roster.insert(name.clone())?;
        for tags in &self.tags {
            for tag in tags.known.get(tags.text(row)?).into_iter().flatten() {
                roster.carry_numbered(host, *tag);
            }
        }
        roster.connect_known(problems, span, (host, &name), connection);
        Some(())
    }

    fn connection(&self, row: &StringRecord) -> Option<Connection> {
        let cell = |column: usize| row.get(column).map(str::trim).filter(|text| !text.is_empty());
        let port = match self.port.and_then(cell) {
            Some(port) => Some(port.parse().ok().filter(|port| *port > 0)?),
            None => None,
        };
        let var = |(name, column): &(&str, usize)| Some(((*name).to_owned(), cell(*column)?.to_owned()));
        Some(Connection {
            address: self.address.and_then(cell).map(str::to_owned),
            port,
            user: self.user.and_then(cell).map(str::to_owned),
            vars: self.vars.iter().filter_map(var).collect(),
        })
    }
}

impl Tags<'_> {
    /// Different texts that are kept; a column of which every row differs is not worth it.
    const MOST: usize = 10_000;

    fn text<'r>(&self, row: &'r StringRecord) -> Option<&'r str> {
        row.get(self.column).map(str::trim)
    }

    /// Finds out which tags the row's text means. `None` if it is wrong, which is for others to say.
    fn learn(&mut self, problems: &Problems<'_>, span: Span, row: &StringRecord, roster: &mut Roster) -> Option<()> {
        let text = self.text(row)?;
        if self.known.contains_key(text) {
            return Some(());
        }
        if self.field.present || self.known.len() == Self::MOST {
            return None;
        }
        let mut found = Problems::new(problems.source.clone());
        let value = Value::Scalar(text.into());
        let paths = tag_paths(&mut found, &Node { span, value }, self.field);
        let numbers = paths.iter().map(|path| roster.number(path)).collect();
        found
            .is_empty()
            .then(|| _ = self.known.insert(text.to_owned(), numbers))
    }
}
