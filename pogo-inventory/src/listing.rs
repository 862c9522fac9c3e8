//! What a source says, and where it says so.

use std::path::PathBuf;

use async_trait::async_trait;
use pogo_core::dispatcher::Inventory;
use pogo_core::fleet::FleetBuilder;
use pogo_core::policy::Policy;

use crate::diagnostic::{Diagnostic, SourceError};
use crate::origins::Origins;

/// An inventory that knows where it says what, and from which files it was read.
///
/// Every source of this crate is one. An [`Inventory`] of one's own becomes one in a few lines:
///
/// ```
/// use async_trait::async_trait;
/// use pogo_core::dispatcher::{Inventory, InventoryError};
/// use pogo_core::fleet::{Fleet, FleetBuilder};
/// use pogo_inventory::{Listing, Source, SourceError};
///
/// struct Register;
///
/// #[async_trait]
/// impl Inventory for Register {
///     fn name(&self) -> String {
///         "the register".to_owned()
///     }
///     async fn load(&self) -> Result<FleetBuilder, InventoryError> {
///         Ok(Fleet::builder().tagged("web", "web[1-3]"))
///     }
/// }
///
/// #[async_trait]
/// impl Source for Register {
///     async fn list(&self) -> Result<Listing, SourceError> {
///         Ok(Listing::of(self.load().await?))
///     }
/// }
/// ```
#[async_trait]
pub trait Source: Inventory {
    /// Reads the source afresh, as [`Inventory::load`] does.
    async fn list(&self) -> Result<Listing, SourceError>;

    /// Completes when the source says by itself that it may have changed; by default never. Sources that are read
    /// from files need not say so: [`Listing::files`] can be looked at. `Watch` (with the feature `watch`) waits for both.
    async fn changed(&self) {
        std::future::pending().await
    }
}

/// What a source says.
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub struct Listing {
    /// Hosts, tags and connection settings.
    pub fleet: FleetBuilder,
    /// The rules, if it is a source that has any.
    pub policy: Option<Policy>,
    /// Where it says what.
    pub origins: Origins,
    /// What was not taken over and may matter.
    pub warnings: Vec<Diagnostic>,
    /// The files and folders that it was read from: when one of them changes, the listing may be out of date.
    pub files: Vec<PathBuf>,
}

impl Listing {
    /// Hosts of a source that knows no more of them.
    pub fn of(fleet: FleetBuilder) -> Self {
        Self {
            fleet,
            ..Self::default()
        }
    }
}
