//! Fast path for CSV rows with plain names and known tags: nearly all rows, of which there may be very many.

use ::csv::StringRecord;
use pogo_core::fleet::{Connection, HostName};
use rustc_hash::FxHashMap;

use super::rows::tag_paths;
use super::{Mapping, TagField};
use crate::roster::{Roster, TagSet};
use crate::source::{Problems, Span};
use crate::tree::{Node, Value};

/// The indices of the mapped columns.
pub(super) struct Columns<'m> {
    name: Option<usize>,
    tags: Vec<Tags<'m>>,
    address: Option<usize>,
    port: Option<usize>,
    user: Option<usize>,
    vars: Vec<(&'m str, usize)>,
}

/// A column of tags, with a cache of its texts.
struct Tags<'m> {
    column: usize,
    field: &'m TagField,
    /// Sets of tags by text.
    known: FxHashMap<String, usize>,
    sets: Vec<TagSet>,
    /// The set of the current row.
    now: Option<usize>,
}

impl<'m> Columns<'m> {
    pub(super) fn new(header: &StringRecord, mapping: &'m Mapping) -> Self {
        let column = |field: &str| header.iter().position(|column| column == field);
        let tags = |field: &'m TagField| {
            Some(Tags {
                column: column(&field.field)?,
                field,
                known: FxHashMap::default(),
                sets: Vec::new(),
                now: None,
            })
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

    /// Adds the row's host. `None`, without adding anything, if the row needs the slow path.
    pub(super) fn plain(
        &mut self,
        problems: &mut Problems<'_>,
        span: Span,
        row: &StringRecord,
        roster: &mut Roster,
    ) -> Option<()> {
        // Everything is read before anything is added: a row that turns to the slow path is added
        // there as a whole.
        let name = HostName::new(row.get(self.name?)?.trim()).ok()?;
        let connection = self.connection(row)?;
        for tags in &mut self.tags {
            // Texts repeat over many rows: each is split and checked once.
            tags.learn(problems, span, row, roster)?;
        }
        roster.at(&problems.source, span);
        let host = roster.insert(name)?;
        for tags in &self.tags {
            if let Some(set) = tags.now.and_then(|now| tags.sets.get(now)) {
                roster.tag_all(host, set);
            }
        }
        roster.connect_known(problems, span, host, connection);
        Some(())
    }

    fn connection(&self, row: &StringRecord) -> Option<Connection> {
        let cell = |column: usize| row.get(column).map(str::trim).filter(|text| !text.is_empty());
        let port = match self.port.and_then(cell) {
            Some(port) => Some(port.parse().ok().filter(|port| *port > 0)?),
            None => None,
        };
        let var = |(name, column): &(&str, usize)| Some(((*name).to_owned(), cell(*column)?.to_owned()));
        let mut connection = Connection::new();
        connection.address = self.address.and_then(cell).map(str::to_owned);
        connection.port = port;
        connection.user = self.user.and_then(cell).map(str::to_owned);
        connection.vars = self.vars.iter().filter_map(var).collect();
        Some(connection)
    }
}

impl Tags<'_> {
    /// The most texts that are cached: a column of distinct values does not benefit.
    const MOST: usize = 10_000;

    /// Parses the tags of the row's text. `None` if it is invalid, which the slow path reports.
    fn learn(&mut self, problems: &Problems<'_>, span: Span, row: &StringRecord, roster: &mut Roster) -> Option<()> {
        let text = row.get(self.column)?.trim();
        self.now = self.known.get(text).copied();
        if self.now.is_some() {
            return Some(());
        }
        // A field that counts by being there has as many texts as there are rows.
        if self.field.present || self.known.len() == Self::MOST {
            return None;
        }
        let mut found = Problems::new(problems.source.clone());
        let value = Value::Scalar(text.into());
        let paths = tag_paths(&mut found, &Node { span, value }, self.field);
        if !found.is_empty() {
            return None;
        }
        self.now = Some(self.sets.len());
        self.known.insert(text.to_owned(), self.sets.len());
        self.sets.push(roster.tag_set(paths));
        Some(())
    }
}
