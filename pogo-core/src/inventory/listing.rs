//! What a source lists.

use std::path::PathBuf;
use std::sync::Arc;

use super::{Diagnostic, Origins};
use crate::fleet::FleetBuilder;
use crate::policy::Policy;

/// What a source lists: its hosts, where it names them, and what whoever uses them should know.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Listing {
    /// Hosts, tags and connection settings.
    pub fleet: FleetBuilder,
    /// The rules, if the source has any.
    pub policy: Option<Policy>,
    /// The line of each host, tag and setting, as far as the source has lines.
    pub origins: Arc<dyn Origins>,
    /// What was not taken over and may matter, or why the hosts may be out of date.
    pub warnings: Vec<Diagnostic>,
    /// The files and folders that were read: when one of them changes, the listing may be out of date.
    pub files: Vec<PathBuf>,
}

impl Listing {
    /// A listing of these hosts, without rules, origins, warnings and files.
    pub fn new(fleet: FleetBuilder) -> Self {
        Self {
            fleet,
            policy: None,
            origins: Arc::new(()),
            warnings: Vec::new(),
            files: Vec::new(),
        }
    }

    /// The hosts and the rules; the rules are empty where the source has none.
    pub fn into_parts(self) -> (FleetBuilder, Policy) {
        (self.fleet, self.policy.unwrap_or_default())
    }
}

impl Default for Listing {
    fn default() -> Self {
        Self::new(FleetBuilder::default())
    }
}

impl From<FleetBuilder> for Listing {
    fn from(fleet: FleetBuilder) -> Self {
        Self::new(fleet)
    }
}
