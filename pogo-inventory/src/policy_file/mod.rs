//! The policy file: tags, sequences, constraints and defaults in one YAML file.

mod constraint;
mod defaults;
mod document;
mod selector;
mod sequence;
mod setting;
mod tag;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use async_trait::async_trait;
use pogo_core::dispatcher::{Inventory, InventoryError};
use pogo_core::fleet::FleetBuilder;
use pogo_core::policy::Policy;

use crate::diagnostic::SourceError;
use crate::file;
use crate::source::{Problems, Source};

/// A policy file: who the hosts are, and the rules for rolling out to them.
///
/// The [crate documentation](crate) describes the format.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PolicyFile {
    path: PathBuf,
}

impl PolicyFile {
    /// The file at this path, read when the inventory is loaded.
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self { path: path.into() }
    }

    /// Reads a file: its hosts and its rules.
    ///
    /// # Errors
    ///
    /// [`SourceError::Unavailable`] when there is no readable file, [`SourceError::Invalid`] with every problem that
    /// was found in it otherwise. Whether groups exist and match hosts is judged later, when the policy meets the fleet.
    pub fn read(path: impl AsRef<Path>) -> Result<(FleetBuilder, Policy), SourceError> {
        let path = path.as_ref();
        Self::parse(path.display().to_string(), &file::read_text(path)?)
    }

    /// Reads a text that messages call `source_name`.
    ///
    /// # Errors
    ///
    /// As for [`PolicyFile::read`].
    pub fn parse(source_name: impl Into<Arc<str>>, text: &str) -> Result<(FleetBuilder, Policy), SourceError> {
        let mut problems = Problems::new(Source::new(source_name, text));
        let read = document::read(&mut problems);
        if problems.is_empty() {
            Ok(read)
        } else {
            Err(SourceError::Invalid(problems.into_sorted()))
        }
    }
}

#[async_trait]
impl Inventory for PolicyFile {
    fn name(&self) -> String {
        self.path.display().to_string()
    }

    async fn load(&self) -> Result<FleetBuilder, InventoryError> {
        let (fleet, _) = Self::read(&self.path)?;
        Ok(fleet)
    }
}
