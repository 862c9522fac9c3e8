//! The fixture of the inventory suite.

use std::fmt;
use std::sync::Arc;

use crate::inventory::Inventory;

/// An inventory, and what the suite may try with it.
///
/// ```
/// # use std::sync::Arc;
/// # use pogo_core::inventory::Inventory;
/// use pogo_core::testing::conformance::InventoryFixture;
///
/// fn fixture(good: Arc<dyn Inventory>, gone: Arc<dyn Inventory>) -> InventoryFixture {
///     InventoryFixture::new(good).hosts(["web1", "web2"]).unavailable(gone).secret("hunter2")
/// }
/// ```
#[derive(Clone)]
pub struct InventoryFixture {
    pub(super) inventory: Arc<dyn Inventory>,
    pub(super) hosts: Option<Vec<String>>,
    pub(super) unavailable: Option<Arc<dyn Inventory>>,
    pub(super) invalid: Option<Arc<dyn Inventory>>,
    pub(super) change: Option<Arc<dyn Fn() + Send + Sync>>,
    pub(super) secret: Option<String>,
}

impl InventoryFixture {
    /// A fixture with an inventory whose source is valid.
    pub fn new(inventory: Arc<dyn Inventory>) -> Self {
        Self {
            inventory,
            hosts: None,
            unavailable: None,
            invalid: None,
            change: None,
            secret: None,
        }
    }

    /// Sets the names of all its hosts, in any order.
    pub fn hosts<S: Into<String>>(mut self, hosts: impl IntoIterator<Item = S>) -> Self {
        self.hosts = Some(hosts.into_iter().map(Into::into).collect());
        self
    }

    /// Sets an inventory of the same kind whose source is unreachable.
    pub fn unavailable(mut self, inventory: Arc<dyn Inventory>) -> Self {
        self.unavailable = Some(inventory);
        self
    }

    /// Sets an inventory of the same kind whose source is invalid, for example truncated.
    pub fn invalid(mut self, inventory: Arc<dyn Inventory>) -> Self {
        self.invalid = Some(inventory);
        self
    }

    /// Sets a function that adds a host to the source, or removes one.
    pub fn change(mut self, change: impl Fn() + Send + Sync + 'static) -> Self {
        self.change = Some(Arc::new(change));
        self
    }

    /// Sets a text that the inventories of this fixture know and must not show, such as a password.
    pub fn secret(mut self, secret: impl Into<String>) -> Self {
        self.secret = Some(secret.into());
        self
    }
}

impl fmt::Debug for InventoryFixture {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("InventoryFixture")
            .field("inventory", &self.inventory.name())
            .finish_non_exhaustive()
    }
}
