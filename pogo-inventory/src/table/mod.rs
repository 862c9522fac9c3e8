//! Tables of hosts: CSV, JSON, JSON lines and TOML, with a [`Mapping`] of their fields.
//!
//! ```
//! # #[cfg(feature = "csv")] {
//! use pogo_inventory::table::{Format, Mapping, TableFile};
//!
//! let text = "hostname,site,roles\nweb1,east,frontend\nweb2,west,frontend cache\n";
//! let mapping = Mapping::named_by("hostname").tag_values("site", "colo").tags("roles");
//! let fleet = TableFile::parse("hosts.csv", text, Format::Csv, &mapping)?.fleet.build()?;
//! assert_eq!(fleet.members(fleet.tag(&"frontend".parse()?).unwrap()).len(), 2);
//! assert!(fleet.tag(&"colo.east".parse()?).is_some());
//! # }
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

#[cfg(feature = "csv")]
mod columns;
#[cfg(feature = "csv")]
mod csv;
#[cfg(any(feature = "json", feature = "toml"))]
mod document;
#[cfg(feature = "json")]
mod json;
mod mapping;
#[cfg(feature = "json")]
mod pages;
mod path;
mod rows;
#[cfg(feature = "toml")]
mod toml;

pub use mapping::{Mapping, TagField};
#[cfg(feature = "http")]
pub(crate) use pages::CURE;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use async_trait::async_trait;
use pogo_core::inventory::{Inventory, InventoryError, Listing};

use crate::file;
use crate::guess::{self, FileKind};
use serde::{Deserialize, Serialize};

use crate::roster::Roster;
use crate::source::{self, Problems};

/// The format of a table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum Format {
    /// Values separated by commas, `;` or tabs: as a first line `sep=;` declares, or as yields the columns of
    /// the mapping. The first line names the columns, unless [`Mapping::columns`] does. Lines that begin with `#` are
    /// comments, rows of empty cells are skipped.
    #[cfg(feature = "csv")]
    Csv,
    /// One JSON document: a list of objects or names, or an object of objects by name.
    #[cfg(feature = "json")]
    Json,
    /// One JSON object or name per line.
    #[cfg(feature = "json")]
    #[serde(rename = "jsonl")]
    JsonLines,
    /// One TOML document: an array of tables below [`Mapping::rows`], or tables by name.
    #[cfg(feature = "toml")]
    Toml,
}

impl std::fmt::Display for Format {
    /// The type name in a [`SourceSpec`](crate::SourceSpec).
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name())
    }
}

impl Format {
    /// The type name in a [`SourceSpec`](crate::SourceSpec).
    fn name(self) -> &'static str {
        match self {
            #[cfg(feature = "csv")]
            Self::Csv => "csv",
            #[cfg(feature = "json")]
            Self::Json => "json",
            #[cfg(feature = "json")]
            Self::JsonLines => "jsonl",
            #[cfg(feature = "toml")]
            Self::Toml => "toml",
        }
    }

    fn file_kind(self) -> FileKind {
        match self {
            #[cfg(feature = "csv")]
            Self::Csv => FileKind::Csv,
            #[cfg(feature = "json")]
            Self::Json => FileKind::Json,
            #[cfg(feature = "json")]
            Self::JsonLines => FileKind::JsonLines,
            #[cfg(feature = "toml")]
            Self::Toml => FileKind::Toml,
        }
    }

    /// The format of a file extension: `csv`, `json`, `jsonl` or `ndjson`, `toml`. `None` for others, and for formats
    /// whose feature is disabled.
    pub fn of(path: &Path) -> Option<Self> {
        match path.extension()?.to_str()? {
            #[cfg(feature = "csv")]
            "csv" => Some(Self::Csv),
            #[cfg(feature = "json")]
            "json" => Some(Self::Json),
            #[cfg(feature = "json")]
            "jsonl" | "ndjson" => Some(Self::JsonLines),
            #[cfg(feature = "toml")]
            "toml" => Some(Self::Toml),
            _ => None,
        }
    }
}

/// A file with a row per host.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TableFile {
    path: PathBuf,
    format: Format,
    mapping: Mapping,
}

impl TableFile {
    /// The file at this path, read when the inventory is loaded.
    pub fn new(path: impl Into<PathBuf>, format: Format, mapping: Mapping) -> Self {
        Self {
            path: path.into(),
            format,
            mapping,
        }
    }

    /// Reads a file.
    ///
    /// # Errors
    ///
    /// [`InventoryError::Unavailable`] when there is no readable file, [`InventoryError::Invalid`] with every problem
    /// that was found in it otherwise.
    pub fn read(path: impl AsRef<Path>, format: Format, mapping: &Mapping) -> Result<Listing, InventoryError> {
        let path = path.as_ref();
        let (name, text) = (path.display().to_string(), file::read_text(path)?);
        // The file may be of another type.
        let hinted = |error| match error {
            InventoryError::Invalid(problems) => {
                InventoryError::Invalid(guess::hinted(problems, format.file_kind(), &name, &text))
            }
            other => other,
        };
        let mut listing = Self::parse(name.as_str(), &text, format, mapping).map_err(hinted)?;
        listing.files.push(path.to_owned());
        Ok(listing)
    }

    /// Parses a text; messages name it `source_name`.
    ///
    /// # Errors
    ///
    /// As for [`TableFile::read`].
    pub fn parse(
        source_name: impl Into<Arc<str>>,
        text: &str,
        format: Format,
        mapping: &Mapping,
    ) -> Result<Listing, InventoryError> {
        let mut problems = Problems::new(source::SourceText::new(source_name, text));
        let mut roster = Roster::default();
        let warnings = match format {
            #[cfg(feature = "csv")]
            Format::Csv => csv::read(&mut problems, mapping, &mut roster),
            #[cfg(feature = "json")]
            Format::Json => json::load(&mut problems).map_or_else(Vec::new, |root| {
                // Before the rows: their number is right, and only what stands beside them says
                // that there are more.
                pages::refuse(&mut problems, &root, mapping);
                document::read(&mut problems, &root, mapping, &mut roster)
            }),
            #[cfg(feature = "json")]
            Format::JsonLines => {
                let root = json::load_lines(&mut problems);
                document::read(&mut problems, &root, mapping, &mut roster)
            }
            #[cfg(feature = "toml")]
            Format::Toml => toml::load(&mut problems).map_or_else(Vec::new, |root| {
                document::read(&mut problems, &root, mapping, &mut roster)
            }),
        };
        let mut listing = roster.into_listing(problems.into_sorted())?;
        listing.warnings = warnings;
        Ok(listing)
    }
}

#[async_trait]
impl Inventory for TableFile {
    fn name(&self) -> String {
        self.path.display().to_string()
    }

    async fn load(&self) -> Result<Listing, InventoryError> {
        Self::read(&self.path, self.format, &self.mapping)
    }
}
