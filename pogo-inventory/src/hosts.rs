//! What a source gave, when it had something to say besides.

use pogo_core::fleet::FleetBuilder;

use crate::diagnostic::Diagnostic;
use crate::listing::Listing;

/// The hosts of a source that was read, and what its reader should know of them.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct SourceHosts {
    /// Hosts, tags and connection settings.
    pub fleet: FleetBuilder,
    /// What was not taken over and may matter, or why the hosts may be out of date.
    pub warnings: Vec<Diagnostic>,
}

impl From<Listing> for SourceHosts {
    fn from(listing: Listing) -> Self {
        Self {
            fleet: listing.fleet,
            warnings: listing.warnings,
        }
    }
}
