//! The trait that supplies hosts and tags.

use async_trait::async_trait;

use super::{InventoryError, Listing};

/// A source of hosts and their tags: a file, a database, a script, a cloud.
///
/// ```
/// use async_trait::async_trait;
/// use pogo_core::fleet::Fleet;
/// use pogo_core::inventory::{Inventory, InventoryError, Listing};
///
/// struct Register;
///
/// #[async_trait]
/// impl Inventory for Register {
///     fn name(&self) -> String {
///         "the register".to_owned()
///     }
///
///     async fn load(&self) -> Result<Listing, InventoryError> {
///         Ok(Fleet::builder().tagged("web", "web[1-3]").into())
///     }
/// }
/// ```
#[async_trait]
pub trait Inventory: Send + Sync {
    /// What messages call this source: a path, an address. Never holds a secret.
    fn name(&self) -> String;

    /// Reads the source afresh: all of it, or an error. Never part of it.
    async fn load(&self) -> Result<Listing, InventoryError>;

    /// Completes when the source itself reports that it may have changed; by default never. Sources that are read from
    /// files need not report it: [`Listing::files`] can be watched.
    async fn changed(&self) {
        std::future::pending().await
    }
}
