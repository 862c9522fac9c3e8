//! Genders files, as pdsh and nodeattr use them.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use async_trait::async_trait;
use pogo_core::fleet::{HostName, TagPath};
use pogo_core::inventory::{Inventory, InventoryError, Listing};

use crate::file;
use crate::guess::{self, FileKind};
use crate::nodeset;
use crate::roster::Roster;
use crate::source::{self, Problems, Span};
use crate::text_line::TextLine;

/// A genders file, such as `/etc/genders`: nodes and their attributes.
///
/// An attribute becomes a tag, an attribute with a value the tag `attribute.value`; characters that a tag cannot
/// contain become `_`. `%n` in a value is the node's name.
///
/// ```
/// use pogo_inventory::GendersFile;
///
/// let fleet = GendersFile::parse("genders", "web[1-4]  frontend,colo=east\n")?.fleet.build()?;
/// assert_eq!(fleet.members(fleet.tag(&"colo.east".parse()?).unwrap()).len(), 4);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GendersFile {
    path: PathBuf,
}

impl GendersFile {
    /// The file at this path, read when the inventory is loaded.
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self { path: path.into() }
    }

    /// Reads a file.
    ///
    /// # Errors
    ///
    /// [`InventoryError::Unavailable`] when there is no readable file, [`InventoryError::Invalid`] with every problem
    /// that was found in it otherwise.
    pub fn read(path: impl AsRef<Path>) -> Result<Listing, InventoryError> {
        file::read_listing(path.as_ref(), Self::parse)
    }

    /// Reads a text that messages call `source_name`.
    ///
    /// # Errors
    ///
    /// As for [`GendersFile::read`].
    pub fn parse(source_name: impl Into<Arc<str>>, text: &str) -> Result<Listing, InventoryError> {
        let source_name = source_name.into();
        let mut reader = GendersReader {
            problems: Problems::new(source::SourceText::new(Arc::clone(&source_name), text)),
            roster: Roster::default(),
            values: HashMap::new(),
            given: HashMap::new(),
            members: 0,
        };
        TextLine::all(text).for_each(|line| reader.line(line));
        // Every CSV table is valid genders: nodes are separated by commas and need no attributes.
        if reader.values.is_empty() && reader.problems.is_empty() && guess::is_csv(text) {
            reader.problems.report(Span::START, "no node has an attribute");
        }
        let found = guess::hinted(reader.problems.into_sorted(), FileKind::Genders, &source_name, text);
        reader.roster.into_listing(found)
    }
}

#[async_trait]
impl Inventory for GendersFile {
    fn name(&self) -> String {
        self.path.display().to_string()
    }

    async fn load(&self) -> Result<Listing, InventoryError> {
        Self::read(&self.path)
    }
}

struct GendersReader<'a> {
    problems: Problems<'a>,
    roster: Roster,
    /// The value that each tag was made from.
    values: HashMap<TagPath, String>,
    /// The line that gave a node an attribute.
    given: HashMap<(HostName, String), usize>,
    members: usize,
}

impl GendersReader<'_> {
    /// The most nodes and attributes of all lines: a short text must not fill the memory.
    const MAX_MEMBERS: usize = 3_000_000;

    /// `nodes attributes`
    fn line(&mut self, line: TextLine<'_>) {
        if self.members > Self::MAX_MEMBERS {
            return;
        }
        let mut words = line.words();
        let (Some((start, nodes)), attributes) = (words.next(), words.next()) else {
            return;
        };
        if let Some((start, more)) = words.next() {
            let hint = "a line holds nodes and their attributes, each separated by commas without spaces";
            let span = line.span(start, more.len());
            return self.problems.report_with(span, "this is one word too many", hint);
        }
        let span = line.span(start, nodes.len());
        if nodes.ends_with(':') {
            let hint = "a line holds nodes and their attributes, without a colon";
            return self.problems.report_with(span, "no node's name ends in a colon", hint);
        }
        let names = match nodeset::list(nodes) {
            Ok(names) => names,
            Err(error) => {
                let at = self.problems.source.within(span, nodes, error.offset);
                return self.problems.report(at, error.message);
            }
        };
        // Counted before anything is made: `n[1-100000]` with many attributes is a line of a few
        // bytes.
        let listed = attributes.map_or(1, |(_, attributes)| attributes.split(',').count() + 1);
        self.members = self.members.saturating_add(names.len().saturating_mul(listed));
        if self.members > Self::MAX_MEMBERS {
            let message = format!("the nodes up to here have more than {} attributes", Self::MAX_MEMBERS);
            return self.problems.report(span, message);
        }
        let mut hosts = Vec::with_capacity(names.len());
        for name in &names {
            hosts.extend(self.roster.hosts(&mut self.problems, span, name));
        }
        let Some((mut at, attributes)) = attributes else {
            return;
        };
        for attribute in attributes.split(',') {
            let span = line.span(at, attribute.len());
            self.attribute(span, attribute, &hosts, line.number);
            at += attribute.len() + 1;
        }
    }

    fn attribute(&mut self, span: Span, attribute: &str, hosts: &[HostName], line: usize) {
        let (name, value) = match attribute.split_once('=') {
            Some((name, value)) => (name, Some(value)),
            None => (attribute, None),
        };
        if name.is_empty() {
            return self.problems.report(span, "an attribute is missing here");
        }
        self.roster.at(&self.problems.source, span);
        for host in hosts {
            let key = (host.clone(), name.to_owned());
            if let Some(before) = self.given.insert(key, line) {
                let message = format!("`{host}` has the attribute `{name}` already");
                return self
                    .problems
                    .report_with(span, message, format!("from line {before}; take one out"));
            }
            let value = value.map(|value| filled(value, host));
            match self.path(name, value) {
                Ok(path) => self.roster.tag(host, &path),
                Err(message) => return self.problems.report(span, message),
            }
        }
    }

    /// Refuses two values that map to the same tag, which would merge two groups.
    fn path(&mut self, name: &str, value: Option<String>) -> Result<TagPath, String> {
        let whole = match &value {
            Some(value) => format!("{}.{}", segment(name), segment(value)),
            None => segment(name),
        };
        let path = TagPath::new(&whole).map_err(|error| error.to_string())?;
        let written = value.map_or_else(|| name.to_owned(), |value| format!("{name}={value}"));
        let first = self.values.entry(path.clone()).or_insert_with(|| written.clone());
        if *first == written {
            Ok(path)
        } else {
            Err(format!(
                "`{first}` and `{written}` would both become the tag `{path}`; rename one of them"
            ))
        }
    }
}

/// Expands `%n` to the node's name and `%%` to `%`; what follows `%%` is literal.
fn filled(value: &str, host: &HostName) -> String {
    let parts: Vec<String> = value
        // Split first, so that `%%n` is a percent sign and an `n`.
        .split("%%")
        .map(|part| part.replace("%n", host.as_str()))
        .collect();
    parts.join("%")
}

/// Converts a text to a tag segment.
fn segment(text: &str) -> String {
    let fits = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-');
    text.chars().map(|c| if fits(c) { c } else { '_' }).collect()
}
