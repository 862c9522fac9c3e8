//! The file of Pogo 4.0: applications, environments and constraints between them.

mod constraints;
mod document;
mod names;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use async_trait::async_trait;
use pogo_core::inventory::{Inventory, InventoryError, Listing};

use crate::file;
use crate::guess::{self, FileKind};
use crate::source::{self, Problems};

/// The file of Pogo 4.0, with its semantics: `apps`, `envs`, `constraints`.
///
/// An app becomes a tag of its name, a value of an environment the tag `environment.value`. A concurrency limit holds
/// for each value of the environment, and a sequence runs within each. As in 4.0, failures do not delay the next app of
/// a sequence (`allow_failures: 100%`); the limits alone stop a job.
///
/// ```
/// use pogo_inventory::Pogo4File;
///
/// let text = r#"
/// apps: { frontend: ["foo[1-101].east"], backend: ["bar[1-10].east"] }
/// envs: { coast: { east: ["foo[1-101].east", "bar[1-10].east"] } }
/// constraints:
///   coast:
///     concurrency: [ { frontend: 25% }, { backend: 1 } ]
///     sequence:    [ [ backend, frontend ] ]
/// "#;
/// let (fleet, policy) = Pogo4File::parse("pogo.yaml", text)?.into_parts();
/// assert_eq!(fleet.len(), 111);
/// assert_eq!(policy.constraints[0].group, ["$frontend".parse()?, "$coast".parse()?]);
/// assert_eq!(policy.sequences[0].each, Some("coast".parse()?));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pogo4File {
    path: PathBuf,
}

impl Pogo4File {
    /// The file at this path, read when the inventory is loaded.
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self { path: path.into() }
    }

    /// Reads a file: its hosts and its rules.
    ///
    /// # Errors
    ///
    /// [`InventoryError::Unavailable`] when there is no readable file, [`InventoryError::Invalid`] with every problem
    /// that was found in it otherwise.
    pub fn read(path: impl AsRef<Path>) -> Result<Listing, InventoryError> {
        file::read_listing(path.as_ref(), Self::parse)
    }

    /// Parses a text; messages name it `source_name`.
    ///
    /// # Errors
    ///
    /// As for [`Pogo4File::read`].
    pub fn parse(source_name: impl Into<Arc<str>>, text: &str) -> Result<Listing, InventoryError> {
        let source_name = source_name.into();
        let mut problems = Problems::new(source::SourceText::new(Arc::clone(&source_name), text));
        let (roster, policy) = document::read(&mut problems);
        let found = guess::hinted(problems.into_sorted(), FileKind::Pogo4, &source_name, text);
        let mut listing = roster.into_listing(found)?;
        listing.policy = Some(policy);
        Ok(listing)
    }
}

#[async_trait]
impl Inventory for Pogo4File {
    fn name(&self) -> String {
        self.path.display().to_string()
    }

    async fn load(&self) -> Result<Listing, InventoryError> {
        Self::read(&self.path)
    }
}
