//! A file with sources and resolvers, for settings that do not fit on a command line.

mod entry;
mod value;

use std::path::Path;
use std::sync::Arc;

use pogo_core::dispatcher::Resolvers;
use pogo_core::inventory::{Inventory, InventoryError};

use crate::file;
use crate::source::{self, Problems};
use crate::tree::{Entry, Node, Value, expect, keys};
use crate::yaml;

/// A file with sources and resolvers and their settings.
///
/// Each of `sources` is a source as [`SourceSpec`](crate::SourceSpec) reads it, or a map with its `type`, its
/// `location`, and further settings:
///
/// | type | keys besides `type` and `location` |
/// | --- | --- |
/// | `csv`, `json`, `jsonl`, `toml` | `fields` |
/// | `command` | `args`, `timeout`, `format`, `fields` |
/// | `http` | `headers`, `trust`, `timeout`, `retries`, `copy`, `max_copy_age`, `max_shrink`, `format`, `fields` |
/// | `database` | `query`, `values`, `password_file`, `timeout`, `fields` |
/// | any other | |
///
/// `fields` is a [`Mapping`](crate::table::Mapping). A header's value is `{ file: PATH }`, `{ env: NAME }` or, if it is
/// not secret, `{ text: TEXT }`. Each of `resolvers` is a database: `location`, `query` with one parameter,
/// `password_file`, `timeout`. Paths are relative to the file's folder. Types whose feature is disabled are unknown.
///
/// ```
/// use pogo_inventory::SourcesFile;
///
/// let file = SourcesFile::parse("sources.yaml", "
/// sources:
///   - hosts.csv
///   - type: csv
///     location: assets.csv
///     fields: { name: hostname, tags: [{ field: role }] }
/// ")?;
/// assert_eq!(file.sources.len(), 2);
/// # Ok::<(), pogo_inventory::InventoryError>(())
/// ```
#[derive(Default)]
#[non_exhaustive]
pub struct SourcesFile {
    /// The sources, in file order.
    pub sources: Vec<Arc<dyn Inventory>>,
    /// The resolvers by the names that tags use.
    pub resolvers: Resolvers,
}

impl SourcesFile {
    /// Reads the file. The sources themselves are not read.
    ///
    /// # Errors
    ///
    /// [`InventoryError::Unavailable`] when there is no readable file, [`InventoryError::Invalid`] with every problem
    /// that was found in it otherwise.
    pub fn read(path: impl AsRef<Path>) -> Result<Self, InventoryError> {
        let path = path.as_ref();
        Self::parse(&path.display().to_string(), &file::read_text(path)?)
    }

    /// Parses a text; messages name it `name`.
    ///
    /// # Errors
    ///
    /// As for [`SourcesFile::read`].
    pub fn parse(name: &str, text: &str) -> Result<Self, InventoryError> {
        let mut problems = Problems::new(source::SourceText::new(name, text).without_secrets());
        let mut file = Self::default();
        // Not to where the program runs: a service and a person at a terminal would find different
        // files.
        let folder = Path::new(name).parent().unwrap_or(Path::new(""));
        match yaml::load(&mut problems) {
            Some(Node {
                value: Value::Map(sections),
                ..
            }) => file.sections(&mut problems, folder, &sections),
            Some(root) => expect::expected(
                &mut problems,
                &root,
                "`sources` and `resolvers`",
                "sources: [hosts.csv]",
            ),
            None => {}
        }
        match problems.into_sorted() {
            found if found.is_empty() => Ok(file),
            found => Err(InventoryError::Invalid(found)),
        }
    }

    fn sections(&mut self, problems: &mut Problems<'_>, folder: &Path, sections: &[Entry<'_>]) {
        for Entry { key, value } in sections {
            match (&*key.text, &value.value) {
                ("sources", Value::List(items)) => {
                    let read = items.iter().filter_map(|item| entry::source(problems, folder, item));
                    self.sources.extend(read);
                }
                ("sources", _) => expect::expected(problems, value, "a list of sources", "sources: [hosts.csv]"),
                ("resolvers", Value::Map(entries)) => {
                    for Entry { key, value } in entries {
                        if let Some(resolver) = entry::resolver(problems, folder, value) {
                            self.resolvers = std::mem::take(&mut self.resolvers).with(key.text.as_ref(), resolver);
                        }
                    }
                }
                ("resolvers", _) => {
                    let example = "resolvers: { rolesdb: { location: \"sqlite:roles.db\", query: \"…\" } }";
                    expect::expected(problems, value, "resolvers by name", example);
                }
                _ => keys::unknown(problems, key, "a file of sources", &["sources", "resolvers"]),
            }
        }
    }
}
