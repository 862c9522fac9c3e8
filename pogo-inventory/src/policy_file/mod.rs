//! The policy file: tags, sequences, constraints and defaults in one YAML file.

mod constraint;
mod defaults;
mod document;
mod host;
mod include;
mod namespace;
mod selector;
mod sequence;
mod setting;
mod tag;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use async_trait::async_trait;
use pogo_core::inventory::{Diagnostic, Inventory, InventoryError, Listing};

use self::document::ReadContent;
use self::include::Includes;
use crate::source::{self, Problems};

/// A policy file: hosts, tags, and the rules for rollouts.
///
/// The [crate documentation](crate) describes the format.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PolicyFile {
    path: PathBuf,
    namespace: Option<Arc<str>>,
}

impl PolicyFile {
    /// The file at this path, read when the inventory is loaded.
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self {
            path: path.into(),
            namespace: None,
        }
    }

    /// Reads it for this namespace: the common sections, and those below `namespace:` for this one.
    pub fn namespace(mut self, name: impl Into<Arc<str>>) -> Self {
        self.namespace = Some(name.into());
        self
    }

    /// The namespaces of the file and those it includes, sorted; empty if it has none.
    ///
    /// # Errors
    ///
    /// As for [`PolicyFile::read`], for the common sections.
    pub fn namespaces(path: impl AsRef<Path>) -> Result<Vec<String>, InventoryError> {
        let mut reading = ReadContent::default();
        let mut includes = Includes::default();
        document::read_file(path.as_ref(), &mut reading, &mut includes)?;
        if includes.found.is_empty() {
            Ok(reading.namespaces.seen.into_keys().collect())
        } else {
            Err(InventoryError::Invalid(includes.found))
        }
    }

    /// Reads a file and those it includes: their hosts and their rules.
    ///
    /// # Errors
    ///
    /// [`InventoryError::Unavailable`] when there is no readable file, [`InventoryError::Invalid`] with every problem
    /// that was found in it otherwise. Whether groups exist and match hosts is checked when the policy is applied to a
    /// fleet.
    pub fn read(path: impl AsRef<Path>) -> Result<Listing, InventoryError> {
        Self::new(path.as_ref()).listing()
    }

    fn listing(&self) -> Result<Listing, InventoryError> {
        let mut reading = ReadContent::default();
        reading.namespaces.chosen.clone_from(&self.namespace);
        let mut includes = Includes::default();
        document::read_file(&self.path, &mut reading, &mut includes)?;
        // Only now: the namespace may be in any of the files.
        includes.found.extend(reading.namespaces.problem(&self.name()));
        let mut listing = reading.finish(includes.found)?;
        listing.files = includes.files;
        Ok(listing)
    }

    /// Parses a text; messages name it `source_name`. It cannot include files.
    ///
    /// # Errors
    ///
    /// As for [`PolicyFile::read`].
    pub fn parse(source_name: impl Into<Arc<str>>, text: &str) -> Result<Listing, InventoryError> {
        let mut problems = Problems::new(source::SourceText::new(source_name, text));
        let mut reading = ReadContent::default();
        document::read(&mut problems, &mut reading, None);
        let name = Arc::clone(&problems.source.name);
        let mut problems = problems.into_sorted();
        problems.extend(reading.namespaces.problem(&name));
        reading.finish(problems)
    }
}

impl ReadContent {
    fn finish(self, problems: Vec<Diagnostic>) -> Result<Listing, InventoryError> {
        let mut listing = self.roster.into_listing(problems)?;
        listing.policy = Some(self.policy);
        Ok(listing)
    }
}

#[async_trait]
impl Inventory for PolicyFile {
    fn name(&self) -> String {
        self.path.display().to_string()
    }

    async fn load(&self) -> Result<Listing, InventoryError> {
        self.listing()
    }
}
